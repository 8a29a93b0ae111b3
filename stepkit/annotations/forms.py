"""Annotations as they are written: without wrappers, and what stands in ``Flow[...]``."""

from __future__ import annotations

import typing
from collections.abc import Mapping
from types import UnionType
from typing import Annotated, Any, ClassVar, Final, Literal, NotRequired, Required, TypeVar, Union, get_args, get_origin

import typing_extensions
from typing_extensions import ReadOnly, TypeAliasType

MAX_DEPTH = 100
"""Levels of an annotation that are looked at."""

UNIONS: tuple[Any, ...] = (Union, UnionType)
LITERALS: tuple[Any, ...] = tuple({Literal, typing_extensions.Literal})
WRAPPERS: tuple[Any, ...] = (Annotated, Required, NotRequired, ReadOnly, Final, ClassVar)
_ALIASES: tuple[Any, ...] = tuple({TypeAliasType, getattr(typing, "TypeAliasType", TypeAliasType)})

UNKNOWN: Any = type("Unknown", (), {"__repr__": lambda self: "<unknown>", "__slots__": ()})()
"""What stands for an annotation that is not there or cannot be resolved."""


def unwrapped(annotation: Any) -> Any:
    """Return the annotation without ``Annotated``, ``NotRequired``, ``NewType``, aliases and the like."""
    for _ in range(MAX_DEPTH):
        origin = get_origin(annotation)
        if origin in WRAPPERS:
            annotation = get_args(annotation)[0]
        elif isinstance(annotation, _ALIASES):
            annotation = annotation.__value__
        elif origin is not None and isinstance(origin, _ALIASES):
            parameters = origin.__type_params__
            annotation = origin.__value__[get_args(annotation)] if parameters else origin.__value__
        elif isinstance(annotation, typing.NewType):
            annotation = annotation.__supertype__
        else:
            return annotation
    return Any


def declared_input(cls: type) -> tuple[Any, type]:
    """Return what stands in ``Flow[...]`` of a flow class or of its nearest base that says it, and the class that does.

    It is as it is written, perhaps a string; ``UNKNOWN`` where no class says it.
    """
    for base in cls.__mro__:
        argument = written_input(base)
        if argument is not UNKNOWN and not isinstance(argument, TypeVar):
            return argument, base
    return UNKNOWN, cls


def written_input(cls: type) -> Any:
    """Return what a class's own bases say in ``Flow[...]``, also by the argument of a generic flow, or ``UNKNOWN``."""
    for generic in vars(cls).get("__orig_bases__", ()):
        origin = get_origin(generic)
        if not hasattr(origin, "__stepkit_options__"):
            continue
        parameters = getattr(origin, "__parameters__", ())
        inner = written_input(origin)
        if inner is UNKNOWN and not any(hasattr(base, "__stepkit_options__") for base in origin.__mro__[1:]):
            return get_args(generic)[0]  # it is Flow itself
        return get_args(generic)[parameters.index(inner)] if inner in parameters else inner
    return UNKNOWN


def is_no_mapping(annotation: Any) -> bool:
    """Say whether certainly no value of this type is a mapping."""
    annotation = unwrapped(annotation)
    origin = get_origin(annotation)
    if origin in UNIONS:
        return all(is_no_mapping(member) for member in get_args(annotation))
    if origin in LITERALS:
        return True
    cls = origin or annotation
    if not isinstance(cls, type) or cls in (Any, object, type(None)) or getattr(cls, "_is_protocol", False):
        return False
    return not typing_extensions.is_typeddict(cls) and not issubclass(cls, Mapping)
