"""How a run ended, as a value."""

from __future__ import annotations

from typing import Any, Literal, final

from ..errors import RunCancelledError, RunDeadlineError

RunStatus = Literal["completed", "stopped", "skipped-remaining", "failed", "cancelled", "deadline", "waiting"]


@final
class Ending:
    """How a run ended: with a context, or with an error.

    ``step`` is the path of the step that stopped the run, skipped the rest, or failed, or of the gate it waits at.
    """

    __slots__ = ("context", "error", "status", "step")  # a named tuple would cost a short run 2 % more

    def __init__(
        self,
        status: RunStatus,
        context: dict[str, Any] | None = None,
        step: str | None = None,
        error: BaseException | None = None,
    ) -> None:
        self.status: RunStatus = status
        self.context = context
        self.step = step
        self.error = error

    def unwrap(self) -> dict[str, Any]:
        """Return the context or raise the error."""
        if self.error is None:
            assert self.context is not None
            return self.context
        try:
            raise self.error
        finally:
            del self  # the traceback holds this call, and the error the traceback


def ended_with(error: BaseException | None, failure: tuple[Exception, str] | None) -> Ending:
    """Return the ending of a run by an error; ``failure`` is the last error of a step, with the step's path."""
    if isinstance(error, StopIteration):  # no coroutine can raise it
        wrapped = RuntimeError("a callback raised StopIteration")
        wrapped.__cause__ = error
        error = wrapped
    if isinstance(error, RunCancelledError):
        return Ending("cancelled", step=error.step, error=error)
    if failure is not None and failure[0] is error:
        return Ending("failed", step=failure[1], error=error)
    if isinstance(error, RunDeadlineError):
        return Ending("deadline", step=error.step, error=error)
    return Ending("failed", error=error)
