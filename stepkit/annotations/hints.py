"""What the annotations of a flow say at run time. They are resolved one by one, when they are asked for.

An annotation that cannot be resolved is ``UNKNOWN``; nothing here ever fails.
"""

from __future__ import annotations

import inspect
from collections import ChainMap
from collections.abc import Callable
from typing import Any, ForwardRef, TypeGuard, cast

from ..codec import Registry
from ..table import FlowSource, StepRow, StepTable
from .fields import returned_keys
from .forms import UNKNOWN, declared_input
from .named_classes import NamedClasses
from .payloads import payload_fields
from .resolution import class_scopes, closure_of, function_annotations, resolve_reference

_CACHE = "__stepkit_hints__"


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
        written = resolve_reference(*declared_input(flow_class))
        self.input: Any = UNKNOWN if isinstance(written, ForwardRef) else written
        """What stands in ``Flow[...]``, or ``UNKNOWN``."""

    def parameter(self, row: StepRow, key: str) -> Any:
        """Return the annotation of the parameter that reads ``key``, or ``UNKNOWN``."""
        if row.function is None:
            return UNKNOWN
        return self._of(row.function).get(key, UNKNOWN)

    def gives(self, row: StepRow) -> tuple[frozenset[str], frozenset[str]] | None:
        """Return the keys that a step gives for certain and those that it may give, by its annotated return.

        None where that is not known, and for a step that holds others.
        """
        if row.payload is not None:
            fields = payload_fields(row.payload)
            always = frozenset(name for name, field in fields.items() if field.always)
            return always, frozenset(fields) - always
        if row.cases or row.function is None:
            return None
        given = self._given_by(row.function)
        if row.fallback is None or given is None:
            return given
        instead = self._given_by(row.fallback.function)
        if instead is None:
            return None
        certain = given[0] & instead[0]
        return certain, (given[0] | given[1] | instead[0] | instead[1]) - certain

    def _given_by(self, function: Callable[..., Any]) -> tuple[frozenset[str], frozenset[str]] | None:
        if function not in self._gives:
            try:
                given = returned_keys(self._of(function).get("return", UNKNOWN))
            except Exception:
                given = None
            self._gives[function] = given
        return self._gives[function]

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
        """Return what the flow's own annotations and ``codecs=`` name."""
        if self._own is None:
            found = NamedClasses()
            found.add(self.input)
            for row in self._table.rows():
                if row.payload is not None:
                    found.add(row.payload)
                    for field in payload_fields(row.payload).values():
                        found.add(field.annotation)
                for function in row.functions:
                    for annotation in self._of(function).values():
                        found.add(annotation)
            codecs = self._table.options.codecs
            for codec in codecs:
                if isinstance(codec, type):
                    found.add(codec)
            self._own = Registry(found.classes, codecs)
        return self._own

    def _nested(self) -> list[type]:
        """Return the flows that stand in this one, also those that a function of ``self`` names."""
        sources: list[FlowSource] = []
        for row in self._table.rows():
            sources += [source for source in (row.source, *row.cases.values()) if source is not None]
        found: list[type] = []
        for source in sources:
            found += [source.flow_class] if source.flow_class is not None else self._made_by(source.value)
        return found

    def _made_by(self, factory: Callable[..., Any], *, deeper: bool = True) -> list[type]:
        """Return the flow classes that a function names in its annotation or its code, without calling it.

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
        visible: ChainMap[str, Any] = ChainMap(closure_of(function), function.__globals__, own)
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
        """Return what can be resolved of a function's annotations, by parameter and ``return``."""
        found = self._annotations.get(function)
        if found is None:
            try:
                if self._scopes is None:
                    self._scopes = class_scopes(self._class)
                found = function_annotations(function, self._class, self._scopes)
            except Exception:
                found = {}
            self._annotations[function] = found
        return found


def _is_flow(value: Any) -> TypeGuard[type]:
    return isinstance(value, type) and getattr(value, "__stepkit_table__", None) is not None


def hints_of(flow_class: type) -> FlowHints:
    """Return the hints of a flow class; they are made once and kept on it."""
    hints = vars(flow_class).get(_CACHE)
    if hints is None:
        hints = FlowHints(flow_class)
        setattr(flow_class, _CACHE, hints)
    return hints
