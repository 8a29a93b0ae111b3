"""The fields of a class and of a TypedDict, with what they are annotated with as far as that can be resolved."""

from __future__ import annotations

import dataclasses
import enum
import inspect
import types
from collections.abc import Awaitable, Coroutine, Generator, Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any, ForwardRef, NamedTuple, NotRequired, Required, get_args, get_origin

import msgspec
import typing_extensions

from .forms import UNIONS, WRAPPERS, unwrapped
from .resolution import resolve_reference

_NOTHING: frozenset[str] = frozenset()


class Field(NamedTuple):
    annotation: Any
    may_be_none: bool
    """Whether its default is None, whatever the annotation says."""


@lru_cache(512)
def class_fields(cls: Any) -> Mapping[str, Field]:
    """Return the annotated fields of a dataclass, attrs class, pydantic model, Struct or NamedTuple; else none."""
    try:
        return _class_fields(cls)
    except Exception:  # a class that is odd in ways of its own
        return {}


def _class_fields(cls: Any) -> dict[str, Field]:
    if issubclass(cls, enum.Enum):
        return {}
    pydantic = getattr(cls, "__pydantic_fields__", None)
    if isinstance(pydantic, dict):
        return {name: Field(field.annotation, field.default is None) for name, field in pydantic.items()}
    defaults = dict(_defaults(cls))
    annotations = _annotations(cls)
    return {
        name: Field(annotations[name], default is None)
        for name, default in defaults.items()
        if name in annotations and not _is_managed(cls, name)
    }


def _defaults(cls: Any) -> Iterator[tuple[str, Any]]:
    """Yield the names of the fields, each with its default or with something that is not None."""
    if dataclasses.is_dataclass(cls):
        yield from ((field.name, field.default) for field in dataclasses.fields(cls))
    elif isinstance(getattr(cls, "__attrs_attrs__", None), tuple):
        yield from ((attribute.name, attribute.default) for attribute in cls.__attrs_attrs__)
    elif issubclass(cls, msgspec.Struct):
        yield from ((field.name, field.default) for field in msgspec.structs.fields(cls))
    elif hasattr(cls, "_field_defaults"):
        names: Iterable[str] = cls._fields
        yield from ((name, cls._field_defaults.get(name, ...)) for name in names)


def _annotations(cls: type) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for base in reversed(inspect.getmro(cls)[:-1]):
        for name, annotation in typing_extensions.get_annotations(base).items():
            found[name] = resolve_reference(annotation, base)
    return found


def _is_managed(cls: type, name: str) -> bool:
    """Say whether a descriptor of the class gives the value, which then need not be what the annotation says."""
    static = inspect.getattr_static(cls, name, None)
    return (
        hasattr(type(static), "__set__")
        and not isinstance(static, types.MemberDescriptorType)
        and not issubclass(cls, tuple)
    )


@lru_cache(512)
def typed_dict_fields(cls: Any) -> Mapping[str, tuple[Any, bool]]:
    """Return the fields of a TypedDict: each with its annotation, as far as it can be resolved, and if it is required.

    With ``from __future__ import annotations`` the class itself does not know which of its fields are ``NotRequired``.
    """
    fields = {}
    required: frozenset[str] = getattr(cls, "__required_keys__", frozenset())
    for name, annotation in typing_extensions.get_annotations(cls).items():
        resolved = resolve_reference(annotation, cls)
        is_required = name in required
        inner = resolved
        while get_origin(inner) in WRAPPERS:
            origin = get_origin(inner)
            if origin is Required:
                is_required = True
            elif origin is NotRequired:
                is_required = False
            inner = get_args(inner)[0]
        if isinstance(resolved, ForwardRef):
            text = resolved.__forward_arg__.lstrip()
            if text.rpartition("[")[0] and text.partition("[")[0].rpartition(".")[2] == "NotRequired":
                is_required = False
        fields[name] = (inner, is_required)
    return fields


def returned_keys(annotation: Any) -> tuple[frozenset[str], frozenset[str]] | None:
    """Return the keys that a return annotation gives for certain and those that it may give; None if unknown."""
    annotation = unwrapped(annotation)
    origin = get_origin(annotation)
    if origin in (Coroutine, Generator) and len(get_args(annotation)) == 3:
        return returned_keys(get_args(annotation)[2])
    if origin is Awaitable:
        return returned_keys(get_args(annotation)[0])
    if annotation is None or annotation is type(None):
        return _NOTHING, _NOTHING
    if origin in UNIONS:
        given = [returned_keys(member) for member in get_args(annotation)]
        known = [keys for keys in given if keys is not None]
        if len(known) != len(given):
            return None
        certain = frozenset.intersection(*(keys[0] for keys in known))
        return certain, frozenset[str]().union(*(keys[0] | keys[1] for keys in known)) - certain
    if typing_extensions.is_typeddict(origin or annotation):
        fields = typed_dict_fields(origin or annotation)
        certain = frozenset(name for name, (_, required) in fields.items() if required)
        return certain, frozenset(fields) - certain
    return None
