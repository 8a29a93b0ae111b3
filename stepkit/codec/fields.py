"""The fields of a class with what they are annotated with, as far as that can be found out."""

from __future__ import annotations

import dataclasses
import enum
import inspect
import types
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

import msgspec
import typing_extensions


class Field(NamedTuple):
    annotation: Any
    may_be_none: bool
    """Whether its default is None, whatever the annotation says."""


@lru_cache(512)
def class_fields(cls: Any) -> Mapping[str, Field]:
    """The annotated fields of a dataclass, attrs class, pydantic model, Struct or NamedTuple; none of other classes."""
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
    """The names of the fields, each with its default or with something that is not None."""
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
    from .fitting import resolve_reference

    found: dict[str, Any] = {}
    for base in reversed(inspect.getmro(cls)[:-1]):
        for name, annotation in typing_extensions.get_annotations(base).items():
            found[name] = resolve_reference(annotation, base)
    return found


def _is_managed(cls: type, name: str) -> bool:
    """Whether a descriptor of the class's own gives the value, which then need not be what the annotation says."""
    static = inspect.getattr_static(cls, name, None)
    return (
        hasattr(type(static), "__set__")
        and not isinstance(static, types.MemberDescriptorType)
        and not issubclass(cls, tuple)
    )
