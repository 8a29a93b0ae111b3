"""What a context gives to a parameter, and whether a mistake about it was told: one mistake, one error."""

from __future__ import annotations

from mypy.nodes import Argument
from mypy.types import Type

from ..algebra.contexts import Context
from ..mypy_api import inference, type_ops
from ..mypy_api.checking import TypeChecker
from ..mypy_api.inference import is_subtype


def parameter_type(checker: TypeChecker, argument: Argument, context: Context[Type]) -> Type:
    """The type of what is injected."""
    if argument.pos_only:
        return whole_context(checker, context)
    default = None
    if argument.initializer is not None:
        default = type_ops.clean(inference.infer_quietly(checker, argument.initializer))
    key = context.keys.get(argument.variable.name)
    type = key.type if key is not None else context.rest
    if type is None:
        return default if default is not None else type_ops.any_type()
    return type if default is None else type_ops.join(type, default)


def whole_context(checker: TypeChecker, context: Context[Type]) -> Type:
    """The read-only mapping that a positional-only parameter receives."""
    if context.open:
        text = type_ops.named(checker, "builtins.str", [])
        return type_ops.named(checker, "typing.Mapping", [text, type_ops.any_type()])
    required = {name for name, key in context.keys.items() if key.certain}
    items = {name: key.type for name, key in context.keys.items()}
    return type_ops.typed_dict(checker, items, required, readonly=True)


def is_told(checker: TypeChecker, context: Context[Type], name: str, wanted: Type | None) -> bool:
    """Whether a step that reads the key so is wrong as one before it was: as that one, it wants another type."""
    told = context.told.get(name)
    if told is None or told.key is not context.keys.get(name):
        return False
    if told.key is None or told.wanted is None or wanted is None:
        return True
    return any(is_subtype(checker, *pair) for pair in ((told.wanted, wanted), (wanted, told.wanted)))
