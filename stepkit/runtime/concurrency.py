"""Waits with asyncio: for threads, timeouts, delays and groups. What drives event loops stands here alone.

asyncio is imported when it is first needed: a flow of plain sync steps runs without it.
"""

from __future__ import annotations

import contextvars
import inspect
import sys
import threading
from collections.abc import Callable, Coroutine, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from .cancellation import shielded
from .fence import Fence
from .signals import Abandoned, Signal

if TYPE_CHECKING:
    import asyncio

GRACE = 0.05
"""Seconds that a timed-out attempt has to end after it was cancelled; then it is left to itself."""

GRACE_TURNS = 10
"""Turns of the event loop that it has besides: where the loop is busy, the seconds are not the attempt's own."""

WENT_ON = "its attempt was cancelled and went on; it was given up, and what it still does is dropped"

_OURS = "stepkit-attempt"


async def sleep(seconds: float) -> None:
    import asyncio

    await asyncio.sleep(seconds)


class Wait:
    """Waits for others, also while its own task is cancelled: each must have ended before the task goes on."""

    caught: asyncio.CancelledError | None = None
    """The first cancellation that came; its task has to raise this one, by which its canceller knows it."""

    def __init__(self, pass_on: Callable[[asyncio.CancelledError], object]) -> None:
        self._pass_on = pass_on

    async def until(
        self, ended: asyncio.Future[Any], deadline: float | None = None, fence: Fence | None = None
    ) -> None:
        """Wait until ``ended`` is done, until the loop's time is ``deadline``, or, once the task was cancelled, until
        ``fence`` is abandoned.
        """
        import asyncio

        loop = ended.get_loop()
        left: float | None = None
        while not ended.done():
            if deadline is not None and (left := deadline - loop.time()) <= 0:
                return
            if self.caught is not None and fence is not None and fence.abandoned:
                return
            try:
                if self.caught is None:
                    await asyncio.wait((ended,), timeout=left)
                else:
                    with shielded():
                        await asyncio.wait((ended,), timeout=left)
            except asyncio.CancelledError as error:
                self.cancelled(error)

    async def turn(self) -> None:
        """Let the others have their turn."""
        import asyncio

        try:
            await asyncio.sleep(0)
        except asyncio.CancelledError as error:
            self.cancelled(error)

    def cancelled(self, error: asyncio.CancelledError) -> None:
        """Note that the task was cancelled, and pass it on, as an await would."""
        self.caught = self.caught or error
        self._pass_on(error)


async def _in_thread(function: Callable[[], Any], fence: Fence | None) -> Any:
    """Call ``function`` in a thread of its own.

    A thread cannot be killed. When the caller is cancelled the thread is waited for, unless its attempt was
    abandoned: then it is left alone. It is a daemon, so the interpreter's exit does not wait for it, and it takes
    no place in a pool, so later calls do not wait for it either.
    """
    import asyncio

    loop = asyncio.get_running_loop()
    future: asyncio.Future[Any] = loop.create_future()
    context = contextvars.copy_context()
    outcome: list[tuple[Any, BaseException | None]] = []

    def deliver(result: Any, error: BaseException | None) -> None:
        if future.done():
            return  # cancelled: the attempt was abandoned
        if isinstance(error, StopIteration):  # no coroutine can raise it
            wrapped = RuntimeError("a step raised StopIteration")
            wrapped.__cause__ = error
            error = wrapped
        outcome.append((result, error))
        future.set_result(None)

    def work() -> None:
        result, error = None, None
        try:
            result = context.run(function)
        except BaseException as raised:
            error = raised
        try:
            loop.call_soon_threadsafe(deliver, result, error)
        except RuntimeError:
            pass  # the loop was closed: nobody waits any more
        finally:
            del error  # its traceback holds this call

    threading.Thread(target=work, name="stepkit-step", daemon=True).start()
    wait = Wait(_do_nothing)  # a thread cannot be cancelled
    if fence is not None:
        fence.on_abandon(future.cancel)
    try:
        await wait.until(future)
    finally:
        if fence is not None:
            fence.forget(future.cancel)
    if wait.caught is not None:
        raise wait.caught
    if future.cancelled():
        raise Abandoned
    result, error = outcome.pop()
    try:
        if error is not None:
            raise error
        return result
    finally:
        del error  # its traceback holds this call


class InThread:
    """Calls a function in a thread of its own; ``fence`` is the one around the attempt."""

    __slots__ = ("_fence",)

    def __init__(self, fence: Fence | None) -> None:
        self._fence = fence

    async def call(self, what: str, function: Callable[..., Any], *arguments: Any) -> Any:
        result = await _in_thread(partial(function, *arguments), self._fence)
        return await result if inspect.isawaitable(result) else result


async def within(
    timeout: float, work: Coroutine[Any, Any, Any], fence: Fence, ignored: Callable[[], None]
) -> tuple[bool, Any]:
    """Await ``work`` for at most ``timeout`` seconds.

    Returns (True, its result), or (False, what it raised after it was abandoned, or None). ``ignored`` is called if it
    went on although it was cancelled. Cancelled itself, it cancels the work and waits for it, but no longer
    than the timeout.
    """
    import asyncio

    loop = asyncio.get_running_loop()
    deadline = loop.time() + timeout
    is_left = False

    async def attempt() -> Any:
        try:
            return await work
        except (Exception, Signal):
            if is_left:  # nobody looks at it, of which asyncio would complain
                raise asyncio.CancelledError from None
            raise

    task = loop.create_task(attempt(), name=_OURS)

    def pass_on(error: asyncio.CancelledError) -> None:
        fence.close()
        _cancel(task, error)

    wait = Wait(pass_on)
    await wait.until(task, deadline, fence)
    caught = wait.caught
    if not task.done():
        around = fence.abandoned
        fence.abandon()
        if caught is None:
            task.cancel()  # else it cleans up by now, which a second time would cut off
        task.add_done_callback(_look_at)
        grace = Wait(_do_nothing)
        await grace.until(task, loop.time() + GRACE)
        for _ in range(GRACE_TURNS):
            if not task.done():
                await grace.turn()
        is_left = not task.done()
        caught = caught or grace.caught
        if _went_on(task):
            if around:
                raise Abandoned  # for those to see who have abandoned the attempt around this one
            ignored()
        if caught is None:
            if task.done():
                work.close()
            return False, _reason(task)
    if task.done():
        work.close()  # it may have been cancelled before it began
    if caught is not None:
        _look_at(task)
        raise caught
    return True, task.result()


def _went_on(task: asyncio.Task[Any]) -> bool:
    """Return whether the task was cancelled and did not mind."""
    if not task.done():
        return True
    return task.cancelling() > 0 and not task.cancelled() and _reason(task) is None


def _reason(task: asyncio.Task[Any]) -> BaseException | None:
    """Return what a task raised, if it has ended so; of an abandoned attempt, what a step inside raised."""
    error = task.exception() if task.done() and not task.cancelled() else None
    return error.__cause__ if isinstance(error, Abandoned) else error


async def together(
    works: Sequence[Coroutine[Any, Any, Any]],
    ends_group: Callable[[BaseException], bool],
    close: Callable[[], None],
    fence: Fence | None,
) -> tuple[list[Any | BaseException], BaseException | None]:
    """Run all at once; the first error for which ``ends_group`` is true cancels the others.

    Returns their results or errors, in order, and that first error. ``close`` is called when no result counts any
    more; ``fence`` is the one around all. All have ended when this returns or raises.
    """
    import asyncio

    loop = asyncio.get_running_loop()
    tasks = [loop.create_task(work, name=_OURS) for work in works]
    running = len(tasks)
    first: BaseException | None = None
    decided: asyncio.Future[None] = loop.create_future()  # one future: asyncio.wait would look at all tasks for each

    def ended(task: asyncio.Task[Any]) -> None:
        nonlocal first, running
        running -= 1
        if first is None and (error := _error_of(task)) is not None and ends_group(error):
            first = error
        if (first is not None or not running) and not decided.done():
            decided.set_result(None)

    def pass_on(error: asyncio.CancelledError) -> None:
        close()
        for task in tasks:
            _cancel(task, error)

    for task in tasks:
        task.add_done_callback(ended)
    wait = Wait(pass_on)
    try:
        if tasks:
            await decided
    except asyncio.CancelledError as caught:
        wait.cancelled(caught)
    else:
        close()
        for task in tasks:
            _cancel(task)
    for task in tasks:
        if not task.done():
            await wait.until(task)
        _look_at(task)
    if wait.caught is not None:
        if fence is not None and fence.abandoned and any(map(_went_on, tasks)):
            raise Abandoned from None
        raise wait.caught
    return [task.result() if (error := _error_of(task)) is None else error for task in tasks], first


def _error_of(task: asyncio.Task[Any]) -> BaseException | None:
    import asyncio

    try:
        return task.exception()
    except asyncio.CancelledError as error:
        return error


def _cancel(task: asyncio.Task[Any], error: asyncio.CancelledError | None = None) -> None:
    """Cancel a task, with the message of the cancellation that is passed on to it."""
    if not task.done():
        task.cancel(error.args[0] if error is not None and error.args else None)


def _do_nothing(error: object) -> None:
    pass


def _look_at(task: asyncio.Future[Any]) -> None:
    """Look at how a task ended: asyncio complains about errors that nobody has seen."""
    if not task.cancelled():
        task.exception()


def loop_is_running() -> bool:
    """Return whether an event loop is running in this thread."""
    if "asyncio" not in sys.modules:
        return False
    import asyncio

    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


def run_in_loop(make: Callable[[], Coroutine[Any, Any, Any]]) -> Any:
    """Run a coroutine in an event loop of its own; in another thread if a loop is running in this one."""
    import asyncio

    started: list[tuple[asyncio.AbstractEventLoop, asyncio.Task[Any] | None]] = []

    async def run() -> Any:
        started.append((asyncio.get_running_loop(), asyncio.current_task()))
        try:
            return await make()
        finally:
            _leave_behind()

    if not loop_is_running():
        return asyncio.run(run())

    outcome: list[Any] = []
    context = contextvars.copy_context()

    def work() -> None:
        try:
            outcome.append((context.run(asyncio.run, run()), None))
        except BaseException as error:
            outcome.append((None, error))

    thread = threading.Thread(target=work, name="stepkit-run")
    thread.start()
    try:
        thread.join()
    except BaseException:  # Ctrl-C in this thread ends the run in the other
        for loop, task in started:
            if task is not None:
                loop.call_soon_threadsafe(task.cancel)
        thread.join()
        raise
    result, error = outcome[0]
    if error is not None:
        raise error
    return result


def _leave_behind() -> None:
    """Let the loop of a run close without waiting for attempts that have ignored their cancellation."""
    import asyncio

    for task in asyncio.all_tasks():
        if task.get_name() == _OURS:
            setattr(task, "_log_destroy_pending", False)  # as gather() does; that it goes on was reported
            asyncio.tasks._unregister_task(task)
