"""Annotations taken as what they are, without looking into values: what a class definition asks of them.

What compares values with annotations stands in ``codec.fitting``, which ``import stepkit`` does not load.
"""

from __future__ import annotations

import sys
import typing
from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Final, NotRequired, Required, Union, get_args, get_origin

import typing_extensions
from typing_extensions import ReadOnly, TypeAliasType

MAX_DEPTH = 100
WRAPPERS: tuple[Any, ...] = (Annotated, Required, NotRequired, ReadOnly, Final, ClassVar)
_ALIASES: tuple[Any, ...] = tuple({TypeAliasType, getattr(typing, "TypeAliasType", TypeAliasType)})

UNKNOWN: Any = type("Unknown", (), {"__repr__": lambda self: "<unknown>", "__slots__": ()})()
"""What stands for an annotation that is not there or cannot be resolved."""


def unwrapped(annotation: Any) -> Any:
    """The annotation without ``Annotated``, ``NotRequired``, ``NewType``, aliases and the like."""
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


def written_input(cls: type) -> Any:
    """What a class's own bases say in ``Flow[...]``, also by the argument of a generic flow; or ``UNKNOWN``."""
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
    """Whether no value of this type is a mapping, for certain."""
    annotation = unwrapped(annotation)
    origin = get_origin(annotation)
    if origin is Union or origin is getattr(sys.modules["types"], "UnionType", None):
        return all(is_no_mapping(member) for member in get_args(annotation))
    if origin in (typing.Literal, typing_extensions.Literal):
        return True
    cls = origin or annotation
    if not isinstance(cls, type) or cls in (Any, object, type(None)) or getattr(cls, "_is_protocol", False):
        return False
    return not typing_extensions.is_typeddict(cls) and not issubclass(cls, Mapping)
