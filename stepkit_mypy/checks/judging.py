"""One mistake, one error: what was said of a key where one step reads it is not said again where the next does."""

from __future__ import annotations

from mypy.checker import TypeChecker
from mypy.subtypes import is_subtype
from mypy.types import Type

from ..algebra.contexts import Context


def is_told(checker: TypeChecker, context: Context[Type], name: str, wanted: Type | None) -> bool:
    """Whether a step that reads the key so is wrong as one before it was: as that one, it wants another type."""
    told = context.told.get(name)
    if told is None or told.key is not context.keys.get(name):
        return False
    if told.key is None or told.wanted is None or wanted is None:
        return True
    return any(is_subtype(*pair, options=checker.options) for pair in ((told.wanted, wanted), (wanted, told.wanted)))
