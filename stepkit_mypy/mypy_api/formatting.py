"""Types as mypy writes them in messages."""

from __future__ import annotations

from mypy import messages
from mypy.checker import TypeChecker
from mypy.types import Type


def format_type(checker: TypeChecker, type: Type) -> str:
    return messages.format_type(type, checker.options)


def format_type_bare(checker: TypeChecker, type: Type) -> str:
    """The same without quotation marks."""
    return messages.format_type_bare(type, checker.options)


def format_type_distinctly(checker: TypeChecker, first: Type, second: Type) -> tuple[str, ...]:
    """Two types, with their modules where they are called the same."""
    return messages.format_type_distinctly(first, second, options=checker.options)
