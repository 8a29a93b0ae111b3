"""A step table made ready to run, with what can be known of it before the first run."""

from __future__ import annotations

import threading
from typing import Any

from ..callback_methods import is_default
from ..errors import FlowDefinitionError
from ..signature import is_async
from ..table import Condition, StepTable
from .fingerprint import NO_MARK
from .frame import planned

CALLBACKS = {
    "on_step_start": "start",
    "on_step_complete": "complete",
    "on_step_error": "error",
    "on_progress": "progress",
}
"""The callbacks by name. A run keeps its own as ``start_callbacks`` ..., a frame nested flows' as ``own_start`` ..."""


class Plan:
    """The planned steps of one flow class, shared by all its runs."""

    def __init__(self, flow_class: Any) -> None:
        table: StepTable = flow_class.__stepkit_table__
        self.table = table
        self.steps = tuple(planned(row, place) for place, row in enumerate(table.steps))
        self.marks = "".join(step.plain_mark or NO_MARK for step in self.steps)
        """The marks of all steps, as they are when each of them simply ran; what ran inside others is compared."""
        self.places = {name: step.place for step in reversed(self.steps) for name in step.row.names}
        """The place of each step, by its name and its aliases."""
        given = {name: getattr(flow_class, name, None) for name in CALLBACKS}
        self.callbacks = tuple(name for name, each in given.items() if each is not None and not is_default(each))
        """The callbacks that the class has itself."""
        rows = [inner for row in table.steps for inner in (row, *row.members)]
        inside = [plan_of(nested) for row in rows for nested in row.flow_classes]
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
        self.waits: bool = (
            any(row.timeout is not None or row.thread or row.retry_delay != 0 for row in rows)
            or any(step.needs_loop for step in self.steps)
            or any(plan.waits for plan in inside)
        )
        """Whether the interpreter itself needs an event loop: for threads, timeouts or delays."""
        own = [getattr(flow_class, name) for name in self.callbacks]
        self.has_async_callback: bool = any(map(is_async, own)) or any(plan.has_async_callback for plan in inside)
        """Whether a callback that the flow, or one inside it, has itself is async."""
        self.holds_factory: bool = any(source.kind == "factory" for row in rows for source in row.sources) or any(
            plan.holds_factory for plan in inside
        )
        """Whether a nested flow is known only once it is made; then the two above may say too little."""
        self.drives = not (self.awaits or self.waits or self.has_async_callback or self.holds_factory)
        """Whether a run needs no event loop."""

    def async_paths(self, prefix: str = "") -> list[str]:
        """Return the paths of the steps that are async, or whose condition or fallback is, for a message."""
        paths: list[str] = []
        for row in self.table.steps:
            for each, path in [(row, prefix + row.name), *((m, f"{prefix}{row.name}/{m.name}") for m in row.members)]:
                asks = isinstance(each.when, Condition) and each.when.is_async
                falls_back = each.fallback is not None and each.fallback.is_async
                if each.is_async or asks or falls_back:
                    paths.append(path)
                for nested in each.flow_classes:
                    paths += plan_of(nested).async_paths(path + "/")
        return paths


def plan_of(flow_class: Any) -> Plan:
    """Return the plan of a flow class; it is made once and kept with the class."""
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
