"""What a run asks of the rooms above it: to keep a journal of it, and to call its functions.

A run without either takes the short way through the interpreter and pays for neither.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Protocol

from ..table import StepRow


class Journal(Protocol):
    """Records a run as it goes on, so that it can go on elsewhere.

    The run waits for it: what a method returns is awaited if it is awaitable. It is told before the callbacks of the
    run are, and if it fails, the run ends with that error: nothing happens that is not recorded.
    """

    def step_starting(self, path: str, row: StepRow) -> Awaitable[None] | None:
        """Called before a step runs, also when it does so again in a resumed run."""

    def step_starting_once(self, path: str, checkpoint: str) -> Awaitable[None] | None:
        """Called before a step that runs at most once, behind ``step_starting``.

        ``checkpoint`` is the start record: a run that is resumed from it raises ``StepInterruptedError``.
        """

    def gate_reached(self, path: str, row: StepRow, checkpoint: str) -> Awaitable[None] | None:
        """Called when the run has come to a gate, before it ends there; ``checkpoint`` is resumed with the decision.

        Called again when it is resumed without one. ``row.expires`` is how long the gate can be decided, in seconds.
        """

    def step_completed(self, path: str, take: Callable[[], str]) -> Awaitable[None] | None:
        """Called after a step is complete; ``take`` gives the checkpoint after it.

        Not called for what runs inside of a parallel group, which is one step.
        """


class Caller(Protocol):
    """Calls the functions of steps: one attempt, a condition or a fallback."""

    def call(self, what: str, function: Callable[..., Any], *arguments: Any) -> Any:
        """Return what the function returns, or an awaitable of it; ``what`` names the flow and the step."""
