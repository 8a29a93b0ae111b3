"""What the annotations of a flow say at run time. They are resolved one by one, when they are asked for.

An annotation that cannot be resolved (a name under ``TYPE_CHECKING``, a class of a function, a slip) is ``UNKNOWN``; it
spoils no other, and nothing here ever fails.
"""

from __future__ import annotations

import builtins
import dataclasses
import enum
import inspect
import sys
import typing
from collections import ChainMap
from collections.abc import Awaitable, Callable, Coroutine, Generator, Iterator, Mapping
from typing import Any, ForwardRef, TypeGuard, TypeVar, Union, cast, get_args, get_origin

import msgspec
import typing_extensions

from .annotations import UNKNOWN, unwrapped, written_input
from .codec import Registry
from .codec.fitting import resolve_reference, typed_dict_fields
from .table import FlowSource, StepRow, StepTable

_CACHE = "__stepkit_hints__"
_NOTHING: frozenset[str] = frozenset()


class FlowHints:
    """The annotations of one flow class."""

    def __init__(self, flow_class: type) -> None:
        self._class = flow_class
        self._table: StepTable = cast(Any, flow_class).__stepkit_table__
        self._annotations: dict[Callable[..., Any], dict[str, Any]] = {}
        self._gives: dict[Callable[..., Any], tuple[frozenset[str], frozenset[str]] | None] = {}
        self._scopes: dict[tuple[str, str], dict[str, Any]] | None = None
        self._own: Registry | None = None
        self._registry: Registry | None = None
        self.input: Any = _input(flow_class)
        """What stands in ``Flow[...]``, or ``UNKNOWN``."""

    def parameter(self, row: StepRow, key: str) -> Any:
        """The annotation of the parameter that reads ``key``, or ``UNKNOWN``. With ``= None`` it accepts None too."""
        if row.function is None:
            return UNKNOWN
        return self._of(row.function).get(key, UNKNOWN)

    def gives(self, row: StepRow) -> tuple[frozenset[str], frozenset[str]] | None:
        """The keys that a step gives for certain, and those that it may give, by its annotated return.

        None where that is not known, and for every row that is neither a step nor a transform.
        """
        if row.kind not in ("step", "transform") or row.function is None:
            return None
        if row.function not in self._gives:
            try:
                given = _keys_of(self._of(row.function).get("return", UNKNOWN))
            except Exception:
                given = None
            self._gives[row.function] = given
        return self._gives[row.function]

    @property
    def registry(self) -> Registry:
        """The classes that the flow and its nested flows name anywhere in their annotations, and their codecs."""
        if self._registry is None:
            registry = self._own_registry()
            seen = {self._class}
            waiting = self._nested()
            while waiting:
                flow_class = waiting.pop(0)
                if flow_class not in seen:
                    seen.add(flow_class)
                    inside = hints_of(flow_class)
                    registry = registry.merged(inside._own_registry())
                    waiting += inside._nested()
            self._registry = registry
        return self._registry

    def _own_registry(self) -> Registry:
        """What the flow's own annotations and ``codecs=`` name."""
        if self._own is None:
            found = _Classes()
            found.add(self.input)
            for row in _rows(self._table.steps):
                if row.function is not None:
                    for annotation in self._of(row.function).values():
                        found.add(annotation)
            codecs = self._table.options.codecs
            for codec in codecs:
                if isinstance(codec, type):
                    found.add(codec)
            self._own = Registry(found.classes, codecs)
        return self._own

    def _nested(self) -> list[type]:
        """The flows that stand in this one, also those that a function of ``self`` names."""
        sources: list[FlowSource] = []
        for row in _rows(self._table.steps):
            sources += [source for source in (row.source, *row.cases.values()) if source is not None]
        found: list[type] = []
        for source in sources:
            found += [source.flow_class] if source.flow_class is not None else self._made_by(source.value)
        return found

    def _made_by(self, factory: Callable[..., Any], *, deeper: bool = True) -> list[type]:
        """The flow classes that a function names, which is not called: in its annotation, or in its code.

        What it calls, a method or a function beside it, is looked at in its turn.
        """
        annotation = self._of(factory).get("return", UNKNOWN)
        if isinstance(annotation, type) and _is_flow(annotation):
            return [annotation]
        function = inspect.unwrap(factory)
        code = getattr(function, "__code__", None)
        if code is None or not deeper:
            return []
        own = {name: value for base in reversed(self._class.__mro__) for name, value in vars(base).items()}
        visible: ChainMap[str, Any] = ChainMap(_closure(function), function.__globals__, own)
        found: list[type] = []
        for name in (*code.co_names, *code.co_freevars):
            named: Any = visible.get(name)
            if inspect.ismodule(named):
                found += filter(_is_flow, (getattr(named, other, None) for other in code.co_names))
            elif _is_flow(named):
                found.append(named)
            elif inspect.isfunction(named):
                found += self._made_by(named, deeper=False)
        return found

    def _of(self, function: Callable[..., Any]) -> dict[str, Any]:
        """The annotations of a step's function by parameter, and its ``return``, as far as they can be resolved."""
        found = self._annotations.get(function)
        if found is None:
            try:
                if self._scopes is None:
                    self._scopes = _scopes(self._class)
                found = _annotations(function, self._class, self._scopes)
            except Exception:
                found = {}
            self._annotations[function] = found
        return found


def _is_flow(value: Any) -> TypeGuard[type]:
    return isinstance(value, type) and getattr(value, "__stepkit_table__", None) is not None


def hints_of(flow_class: type) -> FlowHints:
    """The hints of a flow class; they are made once and kept on it."""
    hints = vars(flow_class).get(_CACHE)
    if hints is None:
        hints = FlowHints(flow_class)
        setattr(flow_class, _CACHE, hints)
    return hints


def _rows(steps: tuple[StepRow, ...]) -> Iterator[StepRow]:
    for row in steps:
        yield row
        yield from _rows(row.members)


def _input(flow_class: type) -> Any:
    """What stands in ``Flow[...]`` of the class or of the nearest base that says it."""
    for base in flow_class.__mro__:
        argument = resolve_reference(written_input(base), base)
        if isinstance(argument, ForwardRef):
            return UNKNOWN
        if argument is not UNKNOWN and not isinstance(argument, TypeVar):
            return argument
    return UNKNOWN


def _annotations(
    function: Callable[..., Any], flow_class: type, scopes: Mapping[tuple[str, str], dict[str, Any]]
) -> dict[str, Any]:
    inner = inspect.unwrap(function)
    while not hasattr(inner, "__globals__") and hasattr(inner, "func"):  # functools.partial
        inner = inspect.unwrap(inner.func)
    if not hasattr(inner, "__globals__"):
        inner = inspect.unwrap(getattr(type(inner), "__call__", inner))
    signature = inspect.signature(function)
    names = getattr(inner, "__globals__", {})
    around = {**scopes.get(_scope(inner), {}), **_closure(inner)}
    # The flow's own names come last: a step may be called like a type ("date", "list") that others are annotated with.
    visible = ChainMap(around, names, builtins.__dict__, dict(vars(flow_class)))
    found = {}
    for name, parameter in signature.parameters.items():
        annotation = _resolved(parameter.annotation, visible)
        if annotation is not UNKNOWN:
            if parameter.default is None:
                annotation = _optional(annotation)
            found[name] = annotation
    returned = _resolved(signature.return_annotation, visible)
    if returned is not UNKNOWN:
        found["return"] = returned
    return found


def _closure(function: Any) -> dict[str, Any]:
    """The names that a function uses of the functions around it."""
    found: dict[str, Any] = {}
    names = getattr(getattr(function, "__code__", None), "co_freevars", ())
    for name, cell in zip(names, getattr(function, "__closure__", None) or (), strict=False):
        try:
            found[name] = cell.cell_contents
        except ValueError:
            pass  # not filled yet
    return found


def _scope(function: Any) -> tuple[str, str]:
    """The class body that a function is written in, as its module and qualified name."""
    return getattr(function, "__module__", ""), getattr(function, "__qualname__", "").rpartition(".")[0]


def _scopes(flow_class: type) -> dict[tuple[str, str], dict[str, Any]]:
    """For each class body the names that its functions use of the functions around it: they mean the same in all."""
    scopes: dict[tuple[str, str], dict[str, Any]] = {}
    for base in flow_class.__mro__:
        for value in vars(base).values():
            function = getattr(value, "function", value)
            if _scope(function) == (base.__module__, base.__qualname__):
                scopes.setdefault(_scope(function), {}).update(_closure(function))
    return scopes


def _resolved(annotation: Any, visible: Mapping[str, Any]) -> Any:
    if annotation is inspect.Signature.empty:
        return UNKNOWN
    for _ in range(3):  # a quoted annotation under postponed evaluation is a string in a string
        if isinstance(annotation, ForwardRef):
            annotation = annotation.__forward_arg__
        if not isinstance(annotation, str):
            return annotation
        try:
            annotation = eval(annotation, {}, visible)
        except Exception:
            return UNKNOWN
    return UNKNOWN


def _optional(annotation: Any) -> Any:
    try:
        return cast(Any, Union)[annotation, None]
    except Exception:
        return UNKNOWN


def _keys_of(annotation: Any) -> tuple[frozenset[str], frozenset[str]] | None:
    """The keys of a return annotation: for certain, and maybe."""
    annotation = unwrapped(annotation)
    origin = get_origin(annotation)
    if origin in (Coroutine, Generator) and len(get_args(annotation)) == 3:
        return _keys_of(get_args(annotation)[2])
    if origin is Awaitable:
        return _keys_of(get_args(annotation)[0])
    if annotation is None or annotation is type(None):
        return _NOTHING, _NOTHING
    if origin is Union or origin is getattr(sys.modules["types"], "UnionType", None):
        given = [_keys_of(member) for member in get_args(annotation)]
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


class _Classes:
    """The classes in annotations, found through generics, unions, and the fields of what is found."""

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
        if origin in (typing.Literal, typing_extensions.Literal):
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
    """What the fields of a class are annotated with; those of a class that has none are nobody's concern."""
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
