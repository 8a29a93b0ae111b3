"""What ``on_step_complete`` receives."""

from __future__ import annotations

from typing import Any, Generic, Protocol, final

from typing_extensions import TypeVar

NameT = TypeVar("NameT", bound=str, default=str, covariant=True)
ContextT = TypeVar("ContextT", default=dict[str, Any], covariant=True)
FlowT = TypeVar("FlowT", default=Any, covariant=True)


@final
class StepStart:
    """A step is about to run: what ``on_step_start`` receives.

    ``step_name`` is the step's path, ``run_id`` the run's id.
    """

    __slots__ = ("run_id", "step_name")

    step_name: str
    run_id: str

    def __init__(self, step_name: str, run_id: str) -> None:
        self.step_name = step_name
        self.run_id = run_id

    def __repr__(self) -> str:
        return f"<StepStart {self.step_name!r}>"


@final
class Progress:
    """How far a step is, as it says itself with ``flow.current().progress(...)``: what ``on_progress`` receives.

    ``step_name`` is the step's path, ``run_id`` the run's id. ``done`` and ``total`` are counted in whatever the step
    counts; ``total`` is None where it is not known.
    """

    __slots__ = ("done", "message", "run_id", "step_name", "total")

    step_name: str
    run_id: str
    done: float
    total: float | None
    message: str

    def __init__(self, step_name: str, run_id: str, done: float, total: float | None, message: str) -> None:
        self.step_name = step_name
        self.run_id = run_id
        self.done = done
        self.total = total
        self.message = message

    def __repr__(self) -> str:
        return f"<Progress {self.step_name!r}: {self.done} of {self.total}>"


class EventSource(Protocol):
    """Where an event gets its costly parts from, if they are asked for."""

    @property
    def run_id(self) -> str: ...
    def snapshot(self) -> dict[str, Any]: ...
    @property
    def stop_asked(self) -> bool: ...
    def checkpoint(self) -> str: ...
    def stop(self) -> None: ...


@final
class StepEvent(Generic[NameT, ContextT, FlowT]):
    """A step was completed.

    ``step_name`` is the step's path (``"load-session/fetch"`` inside a nested flow), ``duration_ms`` the time that
    it took in milliseconds. ``run_id``, ``context`` and ``checkpoint`` cost nothing until they are read; an event that
    is kept beyond its callback keeps them as they were.

    ``FlowT`` is the flow; the mypy plugin fills it, and looks up there what ``context`` holds after the step.
    """

    __slots__ = ("_checkpoint", "_context", "_run_id", "_source", "__weakref__", "duration_ms", "step_name")

    step_name: NameT
    duration_ms: float

    def __init__(self, step_name: NameT, duration_ms: float, source: EventSource) -> None:
        self.step_name = step_name
        self.duration_ms = duration_ms
        self._source: EventSource | None = source
        self._run_id: str | None = None
        self._context: dict[str, Any] | None = None
        self._checkpoint: str | Exception | None = None

    @property
    def run_id(self) -> str:
        """The run's id, as ``run(run_id=)`` said or random; a resumed run has that of the run it goes on with."""
        if self._run_id is None and self._source is not None:
            self._run_id = self._source.run_id
        return self._run_id  # type: ignore[return-value]

    @property
    def context(self) -> ContextT:
        """The context after the step. It is the event's own copy: later changes do not show in it."""
        if self._context is None and self._source is not None:
            self._context = self._source.snapshot()
        return self._context  # type: ignore[return-value]

    @property
    def checkpoint(self) -> str:
        """The checkpoint after the step, a JSON string for ``run_checkpoint``.

        Raises ``UnsavableValueError`` if a value of the context could not come back the same,
        ``UnsavableSizeError`` if it is over the limit.
        """
        taken = self._checkpoint
        if taken is None:
            taken = self._take()
        if isinstance(taken, Exception):
            raise taken
        return taken

    def _take(self) -> str | Exception:
        assert self._source is not None
        try:
            self._checkpoint = self._source.checkpoint()
        except Exception as error:
            self._checkpoint = error  # told to whoever reads it
        return self._checkpoint

    def stop_pipeline(self) -> None:
        """Stop after this step: the run returns the context as of it. Has no effect once the callback is over."""
        if self._source is not None:
            self._source.stop()

    def _stops(self) -> bool:
        """Whether a callback that was called before has stopped the run here."""
        return self._source is not None and self._source.stop_asked

    def _seal(self) -> None:
        """Take what may still be read: the callback is over, and the event was kept."""
        _ = self.run_id, self.context
        if self._checkpoint is None:
            self._take()
        self._source = None

    def __repr__(self) -> str:
        return f"<StepEvent {self.step_name!r}, {self.duration_ms:.1f} ms>"
