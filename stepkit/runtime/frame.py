"""Where a run is, and the steps that it runs: each flow in progress has a frame, a nested one inside its parent's."""

from __future__ import annotations

import copy
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Literal, final

from ..errors import CheckpointNotTakenError, RunDeadlineError
from ..events import Progress
from ..table import (
    CompleteCallback,
    Condition,
    ErrorCallback,
    Kind,
    Parameters,
    ProgressCallback,
    StartCallback,
    StepRow,
)
from .breaker import Breaker
from .fence import Fence
from .fingerprint import SKIPPED, WIDTH, Done, mark_of
from .injection import Call, bind
from .isolation import copy_context
from .run import Run
from .signals import Abandoned, Aborted, Cancelled

if TYPE_CHECKING:
    from ..codec import ContextEncoder, Registry


SkipReason = Literal["when", "circuit-open"]


@final
class Outcome:
    """What a step came to, unless it failed.

    ``outputs`` is what it gave: one mapping; of a parallel group one for each member that succeeded. ``ended_by`` is
    the path of the step inside whose ``on_error="skip-remaining"`` has ended the run.
    """

    __slots__ = ("ended_by", "outputs", "skipped")  # a named tuple would cost a container 2 % more

    def __init__(
        self,
        outputs: Sequence[Mapping[str, Any]] = (),
        ended_by: str | None = None,
        skipped: SkipReason | None = None,
    ) -> None:
        self.outputs = outputs
        self.ended_by = ended_by
        self.skipped: SkipReason | None = skipped


class PlannedStep(ABC):
    """A row of the step table, made ready to run. Each kind of step is a subclass, which names its kind."""

    kinds: ClassVar[dict[Kind, type[PlannedStep]]] = {}
    """The subclass of each kind."""
    kind: ClassVar[Kind]
    is_plain: ClassVar[bool] = False
    """Whether it does no more than to call its function and to merge what that returns."""
    needs_loop: ClassVar[bool] = False
    """Whether it needs an event loop, also where all its functions are sync."""
    replaces: ClassVar[bool] = False
    """Whether what it gives replaces the context."""
    is_gate: ClassVar[bool] = False
    """Whether a run has to wait at it for a decision."""

    __slots__ = (
        "breaker",
        "call",
        "call_condition",
        "function",
        "guarded",
        "key",
        "mark",
        "members",
        "place",
        "reads",
        "repeats",
        "row",
        "simple",
    )

    def __init_subclass__(cls) -> None:
        if "kind" in vars(cls):
            PlannedStep.kinds[cls.kind] = cls

    def __init__(self, row: StepRow, place: int = 0) -> None:
        self.row = row
        self.place = place
        self.mark = mark_of(row.name)
        self.members = tuple(planned(member) for member in row.members)
        self.call: Call = bind(row.function, row.parameters) if row.function is not None else _nothing
        # The most common shape, one key and no more, is called without the detour: 7 % of what idle steps cost.
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
        # An attempt that may be abandoned, or survived, works on copies of what it reads.
        self.guarded = row.timeout is not None or row.retries > 0 or row.on_error != "raise"
        self.repeats = row.retries > 0 or row.timeout is not None or self.breaker is not None
        """Whether there is more to an attempt than to make it."""
        self.simple = (
            self.is_plain
            and row.when is True
            and row.merge == "override"
            and not self.guarded
            and not row.thread
            and not row.at_most_once
            and self.breaker is None
        )

    @abstractmethod
    async def attempt(self, frame: Frame, number: int, fence: Fence | None) -> Outcome:
        """Make one attempt. ``number`` counts from 1; ``fence`` stands around the attempt."""

    @abstractmethod
    def apply(self, frame: Frame, outputs: Sequence[Mapping[str, Any]]) -> list[str]:
        """Change the context by what the step gave; return the keys that it gave."""

    @abstractmethod
    def enter(self, frame: Frame, below: Sequence[str], path: str) -> Frame:
        """Return the frame of the inside, for a resume after the step at ``path``, whose segments ``below`` are in it.

        Raises ``CheckpointStepError`` if the checkpoint's step cannot be inside.
        """

    @property
    @abstractmethod
    def plain_mark(self) -> str | None:
        """The mark of the step where it simply ran; None where that depends on what ran inside."""

    @property
    @abstractmethod
    def assumed_mark(self) -> str:
        """The mark of the step where a checkpoint says no more than that it is done."""

    @property
    def skipped_mark(self) -> str:
        """The mark of the step where it did not run."""
        return self.mark + SKIPPED

    @abstractmethod
    def done_mark(self, frame: Frame) -> str:
        """Return the mark of the step, which is complete."""

    @abstractmethod
    def compare(self, flow: str, path: str, inside: tuple[Done, ...] | None) -> None:
        """Compare what ran inside the step with what it holds now. Raises ``CheckpointFlowError``."""


def planned(row: StepRow, place: int = 0) -> PlannedStep:
    """Make a row ready to run, by its kind."""
    return PlannedStep.kinds[row.kind](row, place)


def _nothing(owner: Any, context: Mapping[str, Any]) -> Any:
    return None


class Frame:
    """A flow in progress: its context, the place in its table, and what it has done.

    A member of a parallel group has a frame of its own, with one step.
    """

    # Defaults stand here, so that making a frame writes only what differs.
    parent: Frame | None = None
    prefix = ""
    case: str | None = None
    """Which case of its branch this is."""
    position = 0
    entered = -1
    """The place of the gate that was waited at, or of the at-most-once step that was begun: neither is asked again
    whether it has to run."""
    attempt = 1
    """Which attempt of its container this is; a resume goes on counting from it."""
    done = ""
    """The marks of the steps done: the fingerprint of this level."""
    written: set[str] | None = None
    """The keys that the inside of a container has written; None at the root, which asks nobody."""
    child: Frame | Group | None = None
    """The inside of the step at ``position``, where it was entered and is not complete."""
    fence: Fence | None = None
    copies = False
    """Whether steps read copies, because an attempt around this frame may be abandoned."""
    in_group = False
    ended_by: str | None = None
    """The path of the step in here that has skipped the rest of the run."""
    notifying = False
    """Whether the callbacks of the step that was done last are awaited, or were when they were given up."""
    stop_asked = False
    """Whether the event that is being told of has asked to stop the run."""
    own_complete: tuple[tuple[CompleteCallback, int], ...] = ()
    """``on_step_complete`` of the nested flows around these steps, innermost first, each with how much of a step's path
    lies outside of its flow."""
    own_error: tuple[tuple[ErrorCallback, int], ...] = ()
    own_start: tuple[tuple[StartCallback, int], ...] = ()
    own_progress: tuple[tuple[ProgressCallback, int], ...] = ()
    touched: set[str] | None = None
    """The keys that may have changed since the last checkpoint; None is all of them."""
    _encoder: ContextEncoder | None = None
    _registry: Registry | None = None

    def __init__(self, run: Run, owner: Any, steps: tuple[PlannedStep, ...], context: dict[str, Any]) -> None:
        self.run = run
        self.owner = owner
        self.steps = steps
        self.context = context

    def inner(self, owner: Any, steps: tuple[PlannedStep, ...], prefix: str) -> Frame:
        """Return a frame inside this one; it starts from a copy of the context."""
        inside = Frame(self.run, owner, steps, dict(self.context))
        inside.parent = self
        inside.prefix = prefix
        inside.written = set()
        inside.fence = self.fence
        inside.copies = self.copies
        inside.in_group = self.in_group
        inside.own_complete = self.own_complete
        inside.own_error = self.own_error
        inside.own_start = self.own_start
        inside.own_progress = self.own_progress
        return inside

    def path_of(self, row: StepRow) -> str:
        """Return the path of a step of this frame."""
        return self.prefix + row.name

    @property
    def is_active(self) -> bool:
        """False once the attempt around this frame was abandoned or the run's task was cancelled.

        A step or a callback may have hidden either.
        """
        if self.fence is not None and self.fence.closed:
            return False
        return self.run.watch is None or not self.run.watch.cancelled

    def ensure_active(self, error: Exception | None = None) -> None:
        """Raise if this frame is not active any more; ``error``, which came instead, becomes the cause."""
        if self.fence is not None and self.fence.closed:
            raise Abandoned from error
        if self.run.watch is not None and self.run.watch.cancelled:
            raise Cancelled from error

    def ensure_in_time(self, path: str, delay: float = 0.0, failed: Exception | None = None, what: str = "") -> None:
        """End the run if the step at ``path`` would begin after its deadline, or what else ``what`` says.

        Where it has ``failed``, it begins again in ``delay`` seconds.
        """
        run = self.run
        if run.deadline is None or run.deadline.left > delay:
            return
        if not what:
            what = f'has passed before step "{path}"'
            if failed is not None:
                what = f'leaves no time for another attempt of step "{path}"'
        error = RunDeadlineError(run.flow, path, run.id, run.deadline.at, what)
        error.__cause__ = failed
        raise Aborted(error)

    @property
    def is_over(self) -> bool:
        """Whether no step will begin any more, here or inside of the step that was entered."""
        entered = isinstance(self.child, Frame)
        rest = self.steps[self.position + entered :]
        return all(step.row.when is False for step in rest) and (
            not isinstance(self.child, Frame) or self.child.is_over
        )

    @property
    def path_in_progress(self) -> str:
        """The path of the step that runs, of those inside this frame too; behind the last step that one's."""
        frame = self
        while isinstance(frame.child, Frame):
            frame = frame.child
        return frame.path_of(frame.steps[min(frame.position, len(frame.steps) - 1)].row)

    @property
    def path_notified(self) -> str | None:
        """The path of the step of whose end the callbacks are being notified, where that is awaited."""
        frame = self
        while isinstance(frame.child, Frame):
            frame = frame.child
        return frame.path if frame.notifying else None

    @property
    def path(self) -> str:
        """The path of the step at ``position - 1``: the one that was done last."""
        return self.prefix + self.steps[self.position - 1].row.name

    @property
    def registry(self) -> Registry:
        """The classes that checkpoints of this frame may hold: those that it or a frame around it names."""
        if self._registry is None:
            from ..annotations.hints import hints_of  # what saves values is imported when something is saved

            if self.parent is None:
                self._registry = hints_of(type(self.owner)).registry
            elif type(self.owner) is type(self.parent.owner):
                self._registry = self.parent.registry
            else:
                self._registry = self.parent.registry.merged(hints_of(type(self.owner)).registry)
        return self._registry

    @property
    def encoder(self) -> ContextEncoder:
        if self._encoder is None:
            around = self.parent
            if around is not None and around._encoder is not None and around.touched is not None:
                self._encoder = around._encoder.inside(self.registry)
                self.touched = set(around.touched)  # with what was touched in here
            else:
                from ..codec import ContextEncoder

                self._encoder = ContextEncoder(self.registry)
        return self._encoder

    def fork(self) -> Frame:
        """Copy the frame for another attempt: whoever still holds the old one cannot change this."""
        twin = copy.copy(self)
        twin.context = dict(self.context)
        twin.written = None if self.written is None else set(self.written)
        twin.attempt = 1  # containers in here have all their attempts anew
        twin.touched = None
        twin._encoder = None
        twin.stop_asked = False
        twin.child = None if self.child is None else self.child.fork()
        if twin.child is not None:
            twin.child.adopt(twin)
        return twin

    def adopt(self, parent: Frame) -> None:
        self.parent = parent

    def progressed(self, fence: Fence | None, path: str, done: float, total: float | None, message: str) -> None:
        """Notify the log and the callbacks of how far a step is. They observe: if one fails, that is logged."""
        fence = fence or self.fence
        if fence is not None and fence.closed:
            return
        run = self.run
        if run.observer is not None:
            run.observer.step_progressed(path, done, total, message)
        for callback, outside in (*self.own_progress, *((each, 0) for each in run.progress_callbacks)):
            try:
                callback(Progress(path[outside:], run.id, done, total, message))
            except Exception as error:
                run.warn(path, f"on_progress failed itself: {type(error).__name__}")

    def touch(self, step: PlannedStep, keys: Iterable[str]) -> None:
        """Note what may have changed with a step: what it gave, and what it read, as it may have changed in place.

        The frames around this one hold the same objects.
        """
        reads = None if step.replaces else step.reads
        frame: Frame | None = self
        while frame is not None:
            if reads is None:
                frame.touched = None
            elif frame.touched is not None:
                frame.touched.update(reads, keys)
            frame = frame.parent

    def catch_up(self, first: int, end: int) -> None:
        """Note that the steps from ``first`` up to ``end`` simply ran, which nobody has noted one by one.

        Those inside of one of the next, or the gate that comes next, may have a checkpoint taken.
        """
        if first < end:
            self.done += self.owner.__stepkit_plan__.marks[WIDTH * first : WIDTH * end]
            frame: Frame | None = self
            while frame is not None:
                frame.touched = None
                frame = frame.parent

    def changes(self) -> dict[str, Any]:
        """Return what the inside of a container has changed, as far as it is still there."""
        assert self.written is not None
        return {key: value for key, value in self.context.items() if key in self.written}

    # What an event reads, if somebody asks it (events.EventSource).

    @property
    def run_id(self) -> str:
        return self.run.id

    def begun_once(self) -> bool:
        """Return whether an at-most-once step was begun in here and is not complete."""
        frame = self
        while isinstance(frame.child, Frame):
            frame = frame.child
        return frame.entered == frame.position and frame.steps[frame.entered].row.at_most_once

    def snapshot(self) -> dict[str, Any]:
        return copy_context(self.context)

    def checkpoint(self) -> str:
        if self.fence is not None and self.fence.closed:
            raise CheckpointNotTakenError(
                f'flow {self.run.flow}: the attempt in which step "{self.path}" was completed was given up: it timed '
                "out or was cancelled. The run goes on without it, so there is no checkpoint; read it in "
                "on_step_complete before anything is awaited"
            )
        return self.run.take(self)

    def stop(self) -> None:
        if self.in_group and not self.stop_asked:
            self.run.warn(
                self.path,
                "stopped inside of a parallel group, which is one step: a resume runs all of it again, and what always "
                "stops here is never passed",
            )
        self.stop_asked = True


class Group:
    """The inside of a parallel group: a frame for each member."""

    __slots__ = ("members",)

    def __init__(self, members: tuple[Frame, ...]) -> None:
        self.members = members

    def fork(self) -> Group:
        return Group(tuple(member.fork() for member in self.members))

    def adopt(self, parent: Frame) -> None:
        for member in self.members:
            member.adopt(parent)
