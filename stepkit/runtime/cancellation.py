"""What an event loop knows of cancellations: that one came, which one, and that it is not asked for again and again.

asyncio is imported when it is first needed: a flow of plain sync steps runs without it.
"""

from __future__ import annotations

import itertools
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import asyncio


class Observed(itertools.chain[Any]):
    """Awaits a coroutine and notes the cancellations that the event loop throws into it.

    It is a chain of one because that passes each turn on without a frame of Python's: only what is thrown comes
    through here. The coroutine's result is lost.
    """

    __slots__ = ("__dict__", "work")

    delivered: asyncio.CancelledError | None = None
    """The last one; a step may have hidden it."""
    _thrown: asyncio.CancelledError | None = None
    """The one of this turn of the loop."""
    work: Any
    """What is awaited: who makes this gives it twice, as a constructor of Python's would cost more than the rest."""

    __await__: Any = itertools.chain.__iter__

    def send(self, value: Any) -> Any:
        """Pass on what the event loop sends, where it is not None: asyncio sends nothing, trio does."""
        return self.work.send(value)

    def throw(self, *thrown: Any) -> Any:
        import asyncio

        if isinstance(thrown[0], asyncio.CancelledError):
            self._thrown = thrown[0]
        try:
            return self.work.throw(*thrown)
        finally:
            self.take_back()
            self.delivered = self._thrown or self.delivered
            self._thrown = None

    def take_back(self) -> None:
        """Take back the cancellation of this turn if it is that by which a task group ends its own body."""
        if self._thrown is not None and _taken_back(self._thrown):
            self._thrown = None

    def close(self) -> None:
        self.work.close()


class TaskWatch:
    """Whether the task that runs a flow was cancelled since, also where a step has hidden it from its caller."""

    __slots__ = ("_observed", "before", "cancelling")

    def __init__(self, observed: Observed | None) -> None:
        task = _current_task()
        self.cancelling: Callable[[], int] = _never if task is None else task.cancelling
        self.before = self.cancelling()
        self._observed = observed

    @property
    def cancelled(self) -> bool:
        if self.cancelling() <= self.before:
            return False
        if self._observed is not None:
            self._observed.take_back()
        return self.cancelling() > self.before


async def cancellation(observed: Observed | None) -> asyncio.CancelledError:
    """Return what a cancelled task raises where a step has hidden it: what its canceller will know as its own.

    That is the one that is still to come, or comes again, as anyio's does at every turn of the loop; else the one
    that was delivered. A task group of Python 3.13 asks again for what it has hidden, without the message.
    """
    import asyncio

    if observed is None:
        return asyncio.CancelledError()
    try:
        await asyncio.sleep(0)
    except asyncio.CancelledError as again:
        if again.args or observed.delivered is None:
            return again
    return observed.delivered or asyncio.CancelledError()


def shielded() -> AbstractContextManager[object]:
    """Make a place to wait in where anyio does not cancel a cancelled task at every turn of the loop."""
    anyio: Any = sys.modules.get("anyio")  # who has not imported it cannot be cancelled by it
    return nullcontext() if anyio is None else anyio.CancelScope(shield=True)


def _taken_back(error: asyncio.CancelledError) -> bool:
    """Take back the cancellation that an ``asyncio.TaskGroup`` has asked for, if it has left that to us.

    Python 3.13 leaves nothing. Before, a group whose child fails while the group waits for its children leaves its
    task cancelled for good. Such a group has caught the error itself (so its frame is the last one that the
    error came through), has asked for it, and has not taken it back on entering ``__aexit__``, as it does where its
    body was cancelled: that has ended with an exception.
    """
    if sys.version_info >= (3, 13):
        return False
    import asyncio

    traceback = error.__traceback__
    if traceback is None or traceback.tb_frame.f_code is not asyncio.TaskGroup.__aexit__.__code__:
        return False
    names = traceback.tb_frame.f_locals
    group = names["self"]
    if not group._parent_cancel_requested or names["et"] is not None:
        return False
    group._parent_cancel_requested = False
    group._parent_task.uncancel()
    return True


def _never() -> int:
    return 0


def _current_task() -> asyncio.Task[Any] | None:
    module = sys.modules.get("asyncio")
    loop = None if module is None else module._get_running_loop()  # asks without an exception
    if module is None or loop is None:
        return None
    task: asyncio.Task[Any] | None = module.current_task(loop)
    return task
