"""The state of a run: one frame for each flow that is open, the nested ones inside their parents."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from ..errors import CheckpointNotTakenError
from ..events import Progress
from ..table import CompleteCallback, ErrorCallback, ProgressCallback, StartCallback, StepRow
from .blocking import Blocking
from .cancellation import Observed, TaskWatch
from .isolation import copy_context
from .observer import Observer
from .plan import Plan, PlannedStep
from .signals import Fence

if TYPE_CHECKING:
    from ..codec import ContextEncoder, Registry
    from .clock import Deadline


class Run:
    """What was asked of a run, and what all its frames share."""

    # Defaults stand here, so that starting a run writes only what differs.
    complete_callbacks: tuple[CompleteCallback, ...] = ()
    error_callbacks: tuple[ErrorCallback, ...] = ()
    start_callbacks: tuple[StartCallback, ...] = ()
    progress_callbacks: tuple[ProgressCallback, ...] = ()
    observer: Observer | None = None
    cancel: Any = None
    deadline: Deadline | None = None
    """When the whole run has to be over."""
    watch: TaskWatch | None = None
    """Knows whether the run's task was cancelled; made before anything of the user's is awaited."""
    by_hand = False
    """Whether no event loop drives this run."""
    observed: Observed | None = None
    """What an event loop throws into this run comes through here."""
    blocking: Blocking | None = None
    """Times what is called on the event loop itself, where that is in debug mode."""
    stopped_by: str | None = None
    """The path of the step whose event stopped the run."""
    failure: tuple[Exception, str] | None = None
    """The last error of a step, and the path of the step."""
    ended_by: str | None = None
    """The path of the step whose ``skip-remaining`` ended the run."""
    notices: tuple[str, ...] = ()
    """What the run begins by warning of."""
    watched = False
    """Whether there is more to do for each step than to tell of its completion: to log it, to look at ``cancel`` or at
    the deadline."""
    _id: str | None = None

    def __init__(self, owner: Any, plan: Plan, take: Callable[[Frame], str]) -> None:
        self.owner = owner
        self.plan = plan
        self.take = take
        """Takes a checkpoint as seen from a frame."""

    @property
    def flow(self) -> str:
        return self.plan.table.options.name

    @property
    def limit(self) -> int:
        """The size that no checkpoint may pass, in bytes."""
        return self.plan.table.options.max_checkpoint_size

    @property
    def id(self) -> str:
        """The run's id: the same after a resume. It is made when it is first asked for."""
        if self._id is None:
            import uuid

            # Members of a group ask at the same time: the first one's stays.
            vars(self).setdefault("_id", uuid.uuid4().hex)
            assert self._id is not None
        return self._id

    @id.setter
    def id(self, id: str) -> None:
        self._id = id

    def warn(self, path: str, message: str) -> None:
        """Tell of something that deserves a warning, also where the run is not logged."""
        if self.observer is not None:
            self.observer.warned(path, message)
        else:
            import logging

            about = {"flow": self.flow, "step": path, "run_id": self.id}
            where = f"{self.flow}: {path}" if path else self.flow
            logging.getLogger("stepkit").warning("flow %s: %s", where, message, extra=about)


class Frame:
    """One open flow: its context, the place in its table, and what it did.

    A member of a parallel group has a frame of its own, with a plan of one step.
    """

    # Defaults stand here, so that opening a frame writes only what differs.
    parent: Frame | None = None
    prefix = ""
    case: str | None = None
    """Which case of its branch this is."""
    position = 0
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
    """Whether steps read copies, because somebody around this frame may give it up."""
    in_group = False
    ended_early = False
    """Whether this is a member of a group in which ``skip-remaining`` has ended the run."""
    stop_asked = False
    """Whether the event that is being told of has asked to stop the run."""
    own_complete: tuple[tuple[CompleteCallback, int], ...] = ()
    """``on_step_complete`` of the nested flows that are open here, innermost first, each with how much of a step's path
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

    def open(self, owner: Any, steps: tuple[PlannedStep, ...], prefix: str) -> Frame:
        """A frame inside this one; it starts from a copy of the context."""
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
        """The path of a step of this frame."""
        return self.prefix + row.name

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
        """The same frame for another attempt: whoever still holds the old one cannot change this."""
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
        """A step says how far it is: tell the log and the callbacks, which observe: if one fails, that is logged."""
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
        reads = step.reads if step.row.kind != "transform" else None
        frame: Frame | None = self
        while frame is not None:
            if reads is None:
                frame.touched = None
            elif frame.touched is not None:
                frame.touched.update(reads, keys)
            frame = frame.parent

    def changes(self) -> dict[str, Any]:
        """What the inside of a container has changed, as far as it is still there."""
        assert self.written is not None
        return {key: value for key, value in self.context.items() if key in self.written}

    # What an event reads, if somebody asks it (events.EventSource).

    @property
    def run_id(self) -> str:
        return self.run.id

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
