"""``flow.current()``: which step is running here."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import partial
from typing import Any, final

from .errors import NoCurrentStepError


@final
@dataclass(frozen=True, kw_only=True)
class CurrentStep:
    """The attempt of a step that is running.

    ``flow`` is the name of the run's flow, ``path`` the step's path in it, ``attempt`` counts from 1.

    ``idempotency_key`` is ``run_id/path``: the same for every attempt, and after a resume in another process.
    Give it to services outside that can tell a repeated call by its key.
    """

    run_id: str
    flow: str
    path: str
    attempt: int
    _report: Callable[[str, float, float | None, str], None] = field(repr=False, compare=False)

    def progress(self, done: float, total: float | None = None, message: str = "") -> None:
        """Say how far the step is: ``done`` of ``total``, in whatever it counts. The log and ``on_progress`` are told.

        May be called as often as one likes, from the step's thread or its tasks. An abandoned attempt is not
        heard any more, nor one that has ended. Raises ``TypeError`` for what is not a number, ``ValueError`` for one
        that is not finite.
        """
        for value in (done, 0 if total is None else total):
            if isinstance(value, bool) or not isinstance(value, int | float):
                raise TypeError(f"progress() counts in numbers, not in {type(value).__qualname__}")
            if not abs(value) <= sys.float_info.max:
                raise ValueError("progress() counts in finite numbers; this one is infinite, no number or too large")
        if not isinstance(message, str):
            raise TypeError(f"the message of progress() is a text, not {type(message).__qualname__}")
        self._report(self.path, done, total, message)

    @property
    def idempotency_key(self) -> str:
        """What the services outside tell a repeated call by: ``run_id/path``."""
        return f"{self.run_id}/{self.path}"


class Attempt:
    """What the runtime notes of the attempt that is running; read only when somebody asks."""

    __slots__ = ("fence", "frame", "number", "step")

    frame: Any
    step: Any

    def __init__(self, frame: Any, step: Any, number: int, fence: Any = None) -> None:
        self.frame = frame
        self.step = step
        self.number = number
        self.fence = fence

    def end(self) -> None:
        """Let go of the run, which is over."""
        self.frame = self.step = None


def _report(attempt: Attempt, frame: Any, step: Any, path: str, done: float, total: float | None, message: str) -> None:
    """Pass on how far a step is, unless it has ended."""
    if attempt.step is step and frame.position <= step.place and not frame.run.is_over:
        frame.progressed(attempt.fence, path, done, total, message)


running: ContextVar[Attempt | None] = ContextVar("stepkit-running", default=None)


def current() -> CurrentStep:
    """Return the step that runs in this task or thread. A task that outlives its step sees the one that runs by then.

    Raises ``NoCurrentStepError`` outside of a step.
    """
    attempt = running.get()
    if attempt is None or attempt.step is None:
        raise NoCurrentStepError(
            "flow.current() was called outside of a step; call it in the body of a step, "
            "or in a function that a step calls"
        )
    frame, step = attempt.frame, attempt.step
    run, path = frame.run, frame.path_of(step.row)
    report = partial(_report, attempt, frame, step)
    return CurrentStep(run_id=run.id, flow=run.flow, path=path, attempt=attempt.number, _report=report)
