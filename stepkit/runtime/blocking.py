"""Which step held the event loop: in asyncio's debug mode, its warning of a slow callback names the step.

The warning shows the task by its name, so that is where the step is written until the callback has ended.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from time import perf_counter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import asyncio


class Blocking:
    """Times what a run calls on the event loop itself."""

    def __init__(self, loop: asyncio.AbstractEventLoop, task: asyncio.Task[Any]) -> None:
        self._loop = loop
        self._task = task
        self._took: dict[str, float] = {}

    def call(self, what: str, function: Callable[..., Any], *arguments: Any) -> Any:
        """Call ``function``, which is called ``what`` in the warning."""
        started = perf_counter()
        try:
            return function(*arguments)
        finally:
            self._note(what, perf_counter() - started)

    def _note(self, what: str, seconds: float) -> None:
        if not self._took:
            name = self._task.get_name().partition(" [")[0]
            self._loop.call_soon(self._callback_ended, name)
        self._took[what] = self._took.get(what, 0) + seconds
        if sum(self._took.values()) >= self._loop.slow_callback_duration:
            name = self._task.get_name().partition(" [")[0]
            slowest = max(self._took, key=self._took.__getitem__)
            self._task.set_name(f"{name} [{slowest} took {self._took[slowest]:.3f} s]")

    def _callback_ended(self, name: str) -> None:
        self._took.clear()
        self._task.set_name(name)


def blocking() -> Blocking | None:
    """Return what times the steps of a run that begins here; None unless its event loop is in debug mode."""
    asyncio: Any = sys.modules.get("asyncio")
    if asyncio is None:
        return None
    loop = asyncio._get_running_loop()  # asks without an exception
    if loop is None or not loop.get_debug():
        return None
    return Blocking(loop, asyncio.current_task())
