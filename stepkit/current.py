"""``flow.current()``: which step is running here."""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, final

from .errors import NoCurrentStepError


@final
@dataclass(frozen=True, kw_only=True)
class CurrentStep:
    """The attempt of a step that is running.

    ``idempotency_key`` is ``run_id/path``: the same for every attempt, and after a resume in another process.
    Give it to services outside that can tell a repeated call by its key.
    """

    run_id: str
    flow: str
    path: str
    attempt: int

    @property
    def idempotency_key(self) -> str:
        return f"{self.run_id}/{self.path}"


class Attempt:
    """What the runtime notes of the attempt that is running; read only when somebody asks."""

    __slots__ = ("frame", "number", "step")

    frame: Any
    step: Any

    def __init__(self, frame: Any, step: Any, number: int) -> None:
        self.frame = frame
        self.step = step
        self.number = number

    def end(self) -> None:
        """The run is over: hold on to nothing of it."""
        self.frame = self.step = None


running: ContextVar[Attempt | None] = ContextVar("stepkit-running", default=None)


def current() -> CurrentStep:
    """The step that runs here, in this task or thread. A task that outlives its step sees the step that runs by then.

    Raises ``NoCurrentStepError`` outside of a step.
    """
    attempt = running.get()
    if attempt is None or attempt.step is None:
        raise NoCurrentStepError(
            "flow.current() was called outside of a step; call it in the body of a step, "
            "or in a function that a step calls"
        )
    run = attempt.frame.run
    path = attempt.frame.path_of(attempt.step.row)
    return CurrentStep(run_id=run.id, flow=run.flow, path=path, attempt=attempt.number)
