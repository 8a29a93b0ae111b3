"""The step table: what a flow class declares, as plain immutable data.

The definition builds it, the runtime interprets it; it knows neither.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal, NamedTuple

from .backoff import Seconds
from .events import Progress, StepStart

# Named tuples, because they cost next to nothing to import; msgspec is imported when something is saved.

Kind = Literal["step", "transform", "parallel", "branch", "subflow", "approval"]
MergePolicy = Literal["override", "error", "warn", "skip"]
ErrorPolicy = Literal["raise", "continue", "skip-remaining"]
ParallelMode = Literal["all", "settled"]

MERGE_POLICIES: tuple[MergePolicy, ...] = ("override", "error", "warn", "skip")
ERROR_POLICIES: tuple[ErrorPolicy, ...] = ("raise", "continue", "skip-remaining")
PARALLEL_MODES: tuple[ParallelMode, ...] = ("all", "settled")


@dataclass(frozen=True, kw_only=True)
class CircuitBreaker:
    """When to stop calling a step that keeps failing.

    After ``failure_threshold`` failures in a row the breaker opens: for ``cooldown`` (seconds, or a ``timedelta``) the
    step is not called. Then one probe is let through; its success closes the breaker, its failure opens it again.
    While it is open the step raises ``CircuitOpenError`` (``on_open="raise"``) or is skipped (``"skip"``).
    The pattern is Michael Nygard's, "Release It!" (2007).
    """

    failure_threshold: int
    cooldown: Seconds
    on_open: Literal["raise", "skip"] = "raise"


class Parameters(NamedTuple):
    """The keys that a function reads: its parameters, in order."""

    required: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    whole: bool = False
    """Whether its first parameter is positional-only and receives the whole context."""
    keyword_only: frozenset[str] = frozenset()
    takes_self: bool = False


class Fallback(NamedTuple):
    """What ``on_error=`` was given: a function that gives a step's keys when the step has failed."""

    name: str
    function: Callable[..., Any]
    parameters: Parameters
    """The keys that it reads; it takes the error before them."""
    is_async: bool


class Condition(NamedTuple):
    """What ``when=`` was given: a function of the context, or a constant."""

    function: Callable[..., Any]
    parameters: Parameters
    is_async: bool


MAX_LEVELS = 100
"""How deep flows can be nested in a flow. Each level takes some frames of Python's stack, which has 1,000."""
TOO_DEEP = (
    f"flows can be nested {MAX_LEVELS} deep in a flow. "
    "Let a step run the flows further in: return await Inner().run(...)"
)
NOT_IN_GROUP = (
    "{found} of {flow} cannot stand in a parallel group: a group is one step, so a resume runs all of it again; "
    "put it before or behind the group"
)


class FlowSource(NamedTuple):
    """Where a nested flow comes from: a class, an instance, or a function of ``self`` that makes one."""

    kind: Literal["class", "instance", "factory"]
    value: Any
    flow_class: type | None
    """The class of the flow, or None where only a factory knows it."""

    @property
    def levels(self) -> int:
        """How deep flows are nested in a flow that holds this one."""
        return 1 + (0 if self.flow_class is None else self.flow_class.__stepkit_table__.levels)  # type: ignore[attr-defined]


class StepRow(NamedTuple):
    """One row of the step table."""

    name: str
    kind: Kind
    attribute: str
    function: Callable[..., Any] | None = None
    parameters: Parameters = Parameters()
    is_async: bool = False
    aliases: tuple[str, ...] = ()

    when: bool | Condition = True
    on_error: ErrorPolicy | Literal["fallback"] = "raise"
    fallback: Fallback | None = None
    merge: MergePolicy = "override"
    retries: int = 0
    retry_delay: float | Callable[[int, Exception], Seconds] = 0.0
    should_retry: Callable[[Exception], bool] | tuple[type[BaseException], ...] | None = None
    timeout: float | None = None
    circuit_breaker: CircuitBreaker | None = None
    thread: bool = False
    at_most_once: bool = False
    log: bool | None = None

    payload: Any = None  # of an approval: the type of its decision
    expires: float | None = None
    source: FlowSource | None = None  # of a subflow
    cases: Mapping[str, FlowSource] = MappingProxyType({})  # of a branch
    members: tuple["StepRow", ...] = ()  # of a parallel group
    mode: ParallelMode = "all"

    @property
    def functions(self) -> list[Callable[..., Any]]:
        """The step's function and its fallback, as far as it has them."""
        fallback = [] if self.fallback is None else [self.fallback.function]
        return fallback if self.function is None else [self.function, *fallback]

    @property
    def names(self) -> tuple[str, ...]:
        """The name and every alias under which a checkpoint may know the step."""
        return (self.name, *self.aliases)

    @property
    def sources(self) -> tuple[FlowSource, ...]:
        """The flows that stand directly in the step."""
        return (self.source,) if self.source is not None else tuple(self.cases.values())

    @property
    def flow_classes(self) -> list[Any]:
        """The classes of these flows, as far as they are known before a run."""
        return [source.flow_class for source in self.sources if source.flow_class is not None]


class FlowOptions(NamedTuple):
    """What the class keywords of a flow say."""

    name: str
    log: Any = None
    codecs: tuple[Any, ...] = ()
    max_checkpoint_size: int = 16 * 1024 * 1024
    validate_input: bool = False
    retries: int = 0
    timeout: float | None = None
    thread: bool = False


class StepTable(NamedTuple):
    """The ordered steps of a flow class and its options."""

    flow: str
    steps: tuple[StepRow, ...]
    options: FlowOptions
    levels: int = 0
    """How deep flows are nested in this one, as far as it is known before a run."""

    def rows(self) -> Iterator[StepRow]:
        """Yield every row, those of groups before their members."""
        pending = list(reversed(self.steps))
        while pending:
            row = pending.pop()
            yield row
            pending += reversed(row.members)

    @property
    def outside_groups(self) -> str | None:
        """The path of the first step that cannot stand in a parallel group, of those inside too, with its kind.

        A group is one step, so a resume runs all of it again: a decision or a start inside of it would be lost.
        """
        for row in self.steps:
            if row.kind == "approval":
                return f'the approval "{row.name}"'
            if row.at_most_once:
                return f'the at-most-once step "{row.name}"'
            for nested in row.flow_classes:
                if found := nested.__stepkit_table__.outside_groups:
                    return str(found)
        return None


CompleteCallback = Callable[[Any], Awaitable[None] | None]
ErrorCallback = Callable[[str, Exception], Awaitable[None] | None]
StartCallback = Callable[[StepStart], Awaitable[None] | None]
ProgressCallback = Callable[[Progress], None]
