"""A step table made ready to run: each row with what can be known before the first run."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from operator import itemgetter
from types import MappingProxyType
from typing import Any

from ..errors import FlowDefinitionError
from ..signature import is_async
from ..table import Condition, Parameters, StepRow, StepTable
from .breaker import Breaker
from .fingerprint import NO_MARK, mark_of

Call = Callable[[Any, Mapping[str, Any]], Any]

CALLBACKS = {
    "on_step_start": "start",
    "on_step_complete": "complete",
    "on_step_error": "error",
    "on_progress": "progress",
}
"""The callbacks by name. A run keeps its own as ``start_callbacks`` ..., a frame nested flows' as ``own_start`` ..."""


class PlannedStep:
    """A row, the call that injects its keys, and whether the short way through the interpreter will do."""

    __slots__ = (
        "breaker",
        "call",
        "call_condition",
        "function",
        "guarded",
        "holds",
        "key",
        "mark",
        "members",
        "place",
        "reads",
        "repeats",
        "row",
        "simple",
    )

    def __init__(self, row: StepRow, place: int = 0) -> None:
        self.row = row
        self.place = place
        self.mark = mark_of(row.name)
        self.members = tuple(PlannedStep(member) for member in row.members)
        self.call: Call = bind(row.function, row.parameters) if row.function is not None else _nothing
        # The most common shape, one key and no more, is called without the detour.
        self.function: Callable[..., Any] = row.function or _nothing
        self.key: str | None = None
        if row.parameters == Parameters(required=row.parameters.required, takes_self=True):
            if len(row.parameters.required) == 1 and not row.parameters.keyword_only:
                self.key = row.parameters.required[0]
        self.call_condition: Call | None = None
        if isinstance(row.when, Condition):
            self.call_condition = bind(row.when.function, row.when.parameters)
        self.reads: frozenset[str] | None = None  # None is everything
        if not row.parameters.whole:
            self.reads = frozenset(row.parameters.required) | frozenset(row.parameters.optional)
        self.breaker = Breaker(row.circuit_breaker) if row.circuit_breaker is not None else None
        # An attempt that may be given up, or survived, works on copies of what it reads.
        self.guarded = row.timeout is not None or row.retries > 0 or row.on_error != "raise"
        self.holds = row.kind not in ("step", "transform")
        """Whether it is a container."""
        self.repeats = row.retries > 0 or row.timeout is not None or self.breaker is not None
        """Whether there is more to an attempt than to make it."""
        self.simple = (
            row.kind == "step"
            and row.when is True
            and row.merge == "override"
            and not self.guarded
            and not row.thread
            and self.breaker is None
        )


class Plan:
    """The planned steps of one flow class, shared by all its runs."""

    def __init__(self, flow_class: Any) -> None:
        table: StepTable = flow_class.__stepkit_table__
        self.table = table
        self.steps = tuple(PlannedStep(row, place) for place, row in enumerate(table.steps))
        plain = ("step", "transform")
        self.marks = "".join(step.mark if step.row.kind in plain else NO_MARK for step in self.steps)
        """The marks of all steps, as they are when each of them simply ran; what ran inside others is compared."""
        self.places = {name: step.place for step in reversed(self.steps) for name in step.row.names}
        """The place of each step, by its name and its aliases."""
        self.callbacks = tuple(name for name in CALLBACKS if hasattr(flow_class, name))
        """The callbacks that the class has itself."""
        rows = [inner for row in table.steps for inner in (row, *row.members)]
        inside = [plan_of(nested) for row in rows for nested in row.flow_classes]
        self.validates: bool = table.options.validate_input
        """Whether the input of a run is checked."""
        self.logs: bool = any(row.log for row in rows) or any(plan.logs for plan in inside)
        """Whether a step is logged even where the run is not."""
        self.may_log = self.logs or table.options.log is not None
        self.awaits: bool = any(
            row.is_async
            or isinstance(row.when, Condition)
            and row.when.is_async
            or row.fallback is not None
            and row.fallback.is_async
            for row in rows
        ) or any(plan.awaits for plan in inside)
        """Whether a step or a condition is async."""
        self.waits: bool = any(
            row.kind == "parallel" or row.timeout is not None or row.thread or row.retry_delay != 0 for row in rows
        ) or any(plan.waits for plan in inside)
        """Whether the interpreter itself needs an event loop: for threads, timeouts or delays."""
        own = [getattr(flow_class, name) for name in self.callbacks]
        self.tells_async: bool = any(map(is_async, own)) or any(plan.tells_async for plan in inside)
        """Whether a callback that the flow, or one inside it, has itself is async."""
        self.holds_factory: bool = any(source.kind == "factory" for row in rows for source in row.sources) or any(
            plan.holds_factory for plan in inside
        )
        """Whether a nested flow is known only once it is made; then the two above may say too little."""
        self.drives = not (self.awaits or self.waits or self.tells_async or self.holds_factory)
        """Whether a run needs no event loop."""

    def async_paths(self, prefix: str = "") -> list[str]:
        """The paths of the async steps, for a message."""
        paths: list[str] = []
        for row in self.table.steps:
            for each, path in [(row, prefix + row.name), *((m, f"{prefix}{row.name}/{m.name}") for m in row.members)]:
                if each.is_async or isinstance(each.when, Condition) and each.when.is_async:
                    paths.append(path)
                for nested in each.flow_classes:
                    paths += plan_of(nested).async_paths(path + "/")
        return paths


def plan_of(flow_class: Any) -> Plan:
    """The plan of a flow class; it is made once and kept with the class."""
    plan: Plan | None = flow_class.__stepkit_plan__
    if plan is None:
        if getattr(flow_class, "__stepkit_table__", None) is None:
            raise FlowDefinitionError(
                flow_class.__qualname__, ["it is the base of all flows and has no steps; derive a class from it"]
            )
        with _planning:  # two plans would have two circuit breakers for one step
            plan = flow_class.__stepkit_plan__
            if plan is None:
                plan = flow_class.__stepkit_plan__ = Plan(flow_class)
    return plan


_planning = threading.RLock()  # a plan makes those of the flows inside it


def _nothing(owner: Any, context: Mapping[str, Any]) -> Any:
    return None


def bind(function: Callable[..., Any], parameters: Parameters) -> Call:
    """A call that takes the flow and the context and injects the keys that ``function`` reads.

    The common shapes have closures of their own: most of what an idle step costs is this call.
    """
    required, optional = parameters.required, parameters.optional
    if parameters.takes_self and not (optional or parameters.keyword_only or parameters.whole):
        if not required:
            return lambda owner, context: function(owner)
        if len(required) == 1:
            (key,) = required
            return lambda owner, context: function(owner, context[key])
        if len(required) == 2:
            first, second = required
            return lambda owner, context: function(owner, context[first], context[second])
        get = itemgetter(*required)
        return lambda owner, context: function(owner, *get(context))

    positional = tuple(key for key in required if key not in parameters.keyword_only)
    by_name = tuple(key for key in required if key in parameters.keyword_only)

    def call(owner: Any, context: Mapping[str, Any]) -> Any:
        arguments = [owner] if parameters.takes_self else []
        if parameters.whole:
            arguments.append(MappingProxyType(dict(context)))
        arguments += [context[key] for key in positional]
        named = {key: context[key] for key in by_name}
        named |= {key: context[key] for key in optional if key in context}
        return function(*arguments, **named)

    return call


def missing_key(parameters: Parameters, context: Mapping[str, Any]) -> str | None:
    """The first required key that the context does not have."""
    return next((key for key in parameters.required if key not in context), None)
