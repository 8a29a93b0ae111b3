"""The classes that annotations name: those whose instances a flow's checkpoints can hold."""

from __future__ import annotations

import dataclasses
import enum
import inspect
from typing import Any, TypeVar, cast, get_args, get_origin

import msgspec
import typing_extensions

from .fields import typed_dict_fields
from .forms import LITERALS, UNKNOWN, unwrapped
from .resolution import resolve_reference


class NamedClasses:
    """Collects the classes in annotations, through generics, unions, and the fields of what is found."""

    def __init__(self) -> None:
        self.classes: list[type] = []
        self._seen: set[int] = set()
        self._kept: list[Any] = []  # an id is only an id as long as its object lives

    def add(self, annotation: Any) -> None:
        pending = [annotation]
        while pending:
            each = pending.pop()
            if id(each) in self._seen or each is UNKNOWN:
                continue
            self._seen.add(id(each))
            self._kept.append(each)
            try:
                pending += self._inside(unwrapped(each))
            except Exception:
                continue

    def _inside(self, annotation: Any) -> list[Any]:
        origin = get_origin(annotation)
        arguments = list(get_args(annotation))
        if origin in LITERALS:
            return [type(argument) for argument in arguments]
        if arguments and isinstance(arguments[0], list):  # Callable[[...], ...]
            arguments = arguments[0] + arguments[1:]
        if isinstance(origin, type):
            arguments.append(origin)
        if isinstance(annotation, TypeVar):
            return [annotation.__bound__, *annotation.__constraints__]
        if not isinstance(annotation, type) or origin is not None:
            return arguments
        if typing_extensions.is_typeddict(annotation):
            return [field for field, _ in typed_dict_fields(annotation).values()]
        if annotation.__module__ == "builtins":
            return []
        self.classes.append(annotation)
        return _fields(annotation)


def _fields(cls: Any) -> list[Any]:
    """Return what the fields of a class are annotated with; nothing for a class without fields."""
    if issubclass(cls, enum.Enum):
        return [type(member.value) for member in cls]
    pydantic = getattr(cls, "__pydantic_fields__", None)
    if isinstance(pydantic, dict):
        private = [resolve_reference(each, cls) for each in typing_extensions.get_annotations(cls).values()]
        return [field.annotation for field in pydantic.values()] + private
    if not (
        dataclasses.is_dataclass(cls)
        or hasattr(cls, "__attrs_attrs__")
        or issubclass(cls, msgspec.Struct)
        or (issubclass(cls, tuple) and hasattr(cls, "_fields"))
    ):
        return []
    found: list[Any] = []
    for base in inspect.getmro(cast(type, cls))[:-1]:
        found += [
            resolve_reference(annotation, base) for annotation in typing_extensions.get_annotations(base).values()
        ]
    return found
