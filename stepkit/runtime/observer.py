"""What the runtime tells whoever watches a run. The log is one such observer.

Nothing here carries a value of the context, only names of keys.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Literal, Protocol

from ..table import Kind
from .ending import Ending


class Observer(Protocol):
    """Told of everything that happens in a run, in order. Paths are joined with "/", durations are seconds.

    ``log`` is the step's own ``log=`` option: None where the step leaves it to the run.
    """

    def run_started(self, flow: str, run_id: str, keys: Collection[str], resumed_from: str | None) -> None:
        """``keys`` are those of the context that the run starts with."""

    def step_started(self, path: str, kind: Kind, log: bool | None) -> None: ...

    def step_progressed(self, path: str, done: float, total: float | None, message: str) -> None:
        """The step at ``path`` says how far it is. May be called very often, from any thread."""

    def case_chosen(self, path: str, case: str | None, log: bool | None) -> None:
        """The branch at ``path`` chose ``case``; None is no case."""

    def step_completed(self, path: str, duration: float, keys: Collection[str], log: bool | None) -> None:
        """``keys`` are those that the step returned."""

    def step_skipped(self, path: str, reason: Literal["when", "resume", "circuit-open"], log: bool | None) -> None: ...

    def attempt_failed(
        self, path: str, attempt: int, attempts: int, error: BaseException, delay: float, log: bool | None
    ) -> None:
        """Attempt ``attempt`` of ``attempts`` failed and another follows after ``delay`` seconds."""

    def step_failed(self, path: str, duration: float, error: BaseException, log: bool | None) -> None: ...

    def fell_back(self, path: str, fallback: str, log: bool | None) -> None:
        """The step failed, and ``fallback`` has given its keys; that it is completed is told next."""

    def warned(self, path: str, message: str) -> None:
        """Something that deserves a warning: a replaced key under ``merge="warn"``, an ignored cancellation.

        ``path`` is empty where it is the run's, not a step's.
        """

    def run_finished(self, ending: Ending, duration: float) -> None: ...
