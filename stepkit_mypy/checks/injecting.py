"""What a context gives to a parameter that has no annotation."""

from __future__ import annotations

from mypy.checker import TypeChecker
from mypy.nodes import Argument
from mypy.types import Type

from .. import mypy_api
from ..algebra.contexts import Context


def parameter_type(checker: TypeChecker, argument: Argument, context: Context[Type]) -> Type:
    """The type of what is injected."""
    if argument.pos_only:
        return whole_context(checker, context)
    default = None
    if argument.initializer is not None:
        default = mypy_api.clean(mypy_api.infer_quietly(checker, argument.initializer))
    key = context.keys.get(argument.variable.name)
    type = key.type if key is not None else context.rest
    if type is None:
        return default if default is not None else mypy_api.any_type()
    return type if default is None else mypy_api.join(type, default)


def whole_context(checker: TypeChecker, context: Context[Type]) -> Type:
    """The read-only mapping that a positional-only parameter receives."""
    if context.open:
        text = mypy_api.named(checker, "builtins.str", [])
        return mypy_api.named(checker, "typing.Mapping", [text, mypy_api.any_type()])
    required = {name for name, key in context.keys.items() if key.certain}
    items = {name: key.type for name, key in context.keys.items()}
    return mypy_api.typed_dict(checker, items, required, readonly=True)
