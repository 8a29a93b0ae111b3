"""A class's own methods that take more than is written in them, and how they can be called."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Any

from mypy.nodes import ArgKind, Decorator, FuncDef, RefExpr
from mypy.types import AnyType, CallableType, Type, UnionType, get_proper_type

from .analysis import after_analysis

MARKS = frozenset(
    f"{module}.{name}" for module in ("typing", "typing_extensions") for name in ("override", "final")
) | {"abc.abstractmethod"}
"""Decorators that leave a method what it is."""
LOOSE = -76
"""The line of a parameter's type that is wider than what was written."""
KINDS = {
    ArgKind.ARG_POS: inspect.Parameter.POSITIONAL_OR_KEYWORD,
    ArgKind.ARG_OPT: inspect.Parameter.POSITIONAL_OR_KEYWORD,
    ArgKind.ARG_STAR: inspect.Parameter.VAR_POSITIONAL,
    ArgKind.ARG_NAMED: inspect.Parameter.KEYWORD_ONLY,
    ArgKind.ARG_NAMED_OPT: inspect.Parameter.KEYWORD_ONLY,
    ArgKind.ARG_STAR2: inspect.Parameter.VAR_KEYWORD,
}


def plain_method(node: object) -> FuncDef | None:
    """A method without decorators, but for those that leave it what it is."""
    if isinstance(node, Decorator):
        written = node.original_decorators
        return node.func if all(isinstance(each, RefExpr) and each.fullname in MARKS for each in written) else None
    return node if isinstance(node, FuncDef) else None


def loosen(function: FuncDef, place: int, more: Sequence[Type]) -> None:
    """Have a parameter take more types than what was written; its body goes on with that."""
    type = function.type
    if not isinstance(type, CallableType) or place >= len(type.arg_types) or not more:
        return
    written = type.arg_types[place]
    if isinstance(written, AnyType) or written.line == LOOSE:
        return
    arguments = list(type.arg_types)
    arguments[place] = UnionType([written, *more], LOOSE, len(more))
    function.type = type.copy_modified(arg_types=arguments)


def loosen_after_analysis(api: Any, node: object, place: int, more: Callable[[], Sequence[Type]]) -> None:
    """The same, once the module's semantic analysis is over: before that, annotations are not analyzed."""

    def patch() -> None:
        function = plain_method(node)
        if function is not None:
            loosen(function, place, more())
            if isinstance(node, Decorator) and isinstance(node.var.type, CallableType):
                node.var.type = function.type

    after_analysis(api, patch)


def written_parameter(function: FuncDef, place: int) -> Type | None:
    """The type of a parameter that its body goes by."""
    type = function.type
    if not isinstance(type, CallableType) or place >= len(type.arg_types):
        return None
    return as_written(type.arg_types[place])


def as_written(type: Type) -> Type:
    """What a parameter's type was before it was loosened."""
    if not isinstance(type, UnionType) or type.line != LOOSE:
        return type
    left = type.items[: len(type.items) - type.column]
    return left[0] if len(left) == 1 else UnionType(left)


def signature_of(node: object) -> tuple[inspect.Signature, bool] | None:
    """How a method can be called, and whether ``self`` or the class is its first argument; None where not known."""
    function = node.func if isinstance(node, Decorator) else node
    if not isinstance(function, FuncDef) or function.is_property:
        return None
    type = get_proper_type(node.var.type if isinstance(node, Decorator) else function.type)
    if not isinstance(type, CallableType) or type.is_ellipsis_args:
        return None
    parameters: list[inspect.Parameter] = []
    for place, (kind, name) in enumerate(zip(type.arg_kinds, type.arg_names, strict=True)):
        default = None if kind.is_optional() else inspect.Parameter.empty
        nameless = name is None and kind.is_positional()
        shown = inspect.Parameter.POSITIONAL_ONLY if nameless else KINDS[kind]
        parameters.append(inspect.Parameter(name or f"argument_{place}", shown, default=default))
    try:
        return inspect.Signature(parameters), not function.is_static
    except ValueError:
        return None
