"""An event loop that goes one callback at a time, by a clock that jumps: nothing sleeps, and every run is the same.

Threads of steps are waited for before the clock moves on, but for those that say that they hang.
"""

from __future__ import annotations

import asyncio
import gc
import selectors
import threading
from collections import deque
from collections.abc import Callable, Coroutine
from typing import Any

PATIENCE = 60.0
"""Seconds of real time after which a test that waits for nothing fails."""


class Hang:
    """Somewhere for a sync step to hang until the test lets it go."""

    def __init__(self) -> None:
        self.stuck: set[int] = set()
        self._released = threading.Event()
        self._left = threading.Semaphore(0)

    def here(self) -> None:
        """Block this thread; the clock of the loop does not wait for it."""
        self.stuck.add(threading.get_ident())
        assert self._released.wait(PATIENCE)

    def release(self) -> None:
        """Let all go, and wait until their threads have ended."""
        self._released.set()
        for thread in step_threads():
            if thread.ident in self.stuck:
                thread.join(PATIENCE)
                assert not thread.is_alive()


def step_threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name.startswith("stepkit")]


def no_threads_are_left() -> bool:
    """Whether the threads of steps that still are there have nothing more to do than to end."""
    for thread in step_threads():
        thread.join(1)
    return step_threads() == []


class SteppingLoop(asyncio.SelectorEventLoop):
    """Runs one ready callback in each turn and counts the turns; its time is virtual, in seconds from 0."""

    def __init__(self, hang: Hang | None = None) -> None:
        self.now = 0.0
        self.turn = 0
        self.complaints: list[str] = []
        self._plans: dict[int, Callable[[], object]] = {}
        super().__init__(_JumpingSelector(self, hang or Hang()))
        self.set_exception_handler(lambda loop, context: self.complaints.append(str(context)))

    def time(self) -> float:
        return self.now

    def at_turn(self, turn: int, action: Callable[[], object]) -> None:
        """Call ``action`` before the ready callback of that turn."""
        self._plans[turn] = action

    def _run_once(self) -> None:
        ready: deque[Any] = self._ready  # type: ignore[has-type]
        if ready:
            self.turn += 1
            if (action := self._plans.get(self.turn)) is not None:
                action()
        later = [ready.pop() for _ in range(len(ready) - 1)][::-1]
        super()._run_once()  # type: ignore[misc]
        ready.extendleft(reversed(later))

    def finish(self) -> None:
        """Close the loop. Fails if a task is left or if asyncio has complained, about errors never retrieved too."""
        left = asyncio.all_tasks(self)
        self.run_until_complete(self.shutdown_asyncgens())
        self.close()
        assert left == set()
        assert self.complaints == []


class _JumpingSelector(selectors.DefaultSelector):  # type: ignore[misc, valid-type]
    def __init__(self, loop: SteppingLoop, hang: Hang) -> None:
        super().__init__()
        self._loop = loop
        self._hang = hang

    def select(self, timeout: float | None = None) -> Any:
        if timeout is not None and timeout <= 0:
            return super().select(0)
        if timeout is None or any(thread.ident not in self._hang.stuck for thread in step_threads()):
            events = super().select(PATIENCE if timeout is None else 0.01)
            assert events or timeout is not None, "the loop waits for nothing"
            return events
        events = super().select(0)
        if not events:
            self._loop.now += timeout
        return events


def run(work: Coroutine[Any, Any, Any], hang: Hang | None = None) -> Any:
    """Run ``work`` in a stepping loop; its result. Fails if it leaves anything behind."""
    loop = SteppingLoop(hang)
    try:
        result = loop.run_until_complete(work)
    except BaseException:
        if hang is None:
            loop.finish()
        raise
    if hang is not None:
        hang.release()
        loop.run_until_complete(_turns(5))  # what the threads have sent arrives
    gc.collect(1)
    loop.finish()
    return result


async def _turns(count: int) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


async def swallow(seconds: float = 100) -> None:
    """Sleep, and take a cancellation for the end of it."""
    try:
        await asyncio.sleep(seconds)
    except asyncio.CancelledError:
        pass
