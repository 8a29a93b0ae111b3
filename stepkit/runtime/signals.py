"""What ends a run without being a failure of a step; every error policy lets these through."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..errors import ApprovalRequired


class Signal(BaseException):
    """Not an ``Exception``, so that no policy takes it for a step's failure."""


class Stopped(Signal):
    """``stop_pipeline()`` was called: the run ends with ``context``."""

    def __init__(self, path: str, context: dict[str, Any]) -> None:
        super().__init__(path)
        self.path = path
        self.context = context


class Aborted(Signal):
    """The run ends with ``error``: a callback failed, or ``cancel=`` was set."""

    def __init__(self, error: Exception) -> None:
        super().__init__(error)
        self.error = error


class Waiting(Signal):
    """The run has come to a gate and ends there with ``error``, which its caller sees."""

    def __init__(self, error: ApprovalRequired) -> None:
        super().__init__(error)
        self.error = error


class Cancelled(Signal):
    """The run's task was cancelled, which a step or a callback has hidden; its cause is what came instead."""


class Abandoned(Signal):
    """Ends what is left of an abandoned attempt; nobody waits for it any more."""
