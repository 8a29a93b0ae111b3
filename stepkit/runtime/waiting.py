"""Waiting with asyncio: threads, timeouts, delays, groups. The only room that knows of event loops.

asyncio is imported when it is first needed: a flow of plain sync steps runs without it.
"""

from __future__ import annotations

import contextvars
import threading
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

from .control import Fence

CANCELLATION_GRACE = 1.0
"""Seconds that a timed-out async attempt has to end after it was cancelled; then it is abandoned."""


async def sleep(seconds: float) -> None:
    import asyncio

    await asyncio.sleep(seconds)


async def in_thread(function: Callable[[], Any], fence: Fence | None) -> Any:
    """Call ``function`` in a thread of its own.

    A thread cannot be killed. When the caller is cancelled it is waited for, unless its attempt was given up:
    then it is left alone; it is a daemon, so the interpreter's exit does not wait for it, and it takes no
    place in a pool, so later calls do not wait for it either.
    """
    import asyncio

    loop = asyncio.get_running_loop()
    future: asyncio.Future[Any] = loop.create_future()
    context = contextvars.copy_context()

    def deliver(result: Any, error: BaseException | None) -> None:
        if future.done():
            return
        if isinstance(error, StopIteration):  # a future cannot carry it
            error = RuntimeError(f"a step raised {error!r}")
        if error is not None:
            future.set_exception(error)
        else:
            future.set_result(result)

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

    threading.Thread(target=work, name="stepkit-step", daemon=True).start()
    cancelled = False
    while True:
        try:
            await asyncio.wait({future})
        except asyncio.CancelledError:
            if fence is not None and fence.closed:
                raise
            cancelled = True
            continue
        break
    if cancelled:
        future.exception()  # looked at, so that nobody is told it never was
        raise asyncio.CancelledError
    return future.result()


async def within(
    timeout: float, work: Coroutine[Any, Any, Any], fence: Fence, ignored: Callable[[], None]
) -> tuple[bool, Any]:
    """Await ``work`` for at most ``timeout`` seconds: (True, result), or (False, None) when it was given up.

    ``ignored`` is called if the work goes on although it was cancelled.
    """
    import asyncio

    task = asyncio.get_running_loop().create_task(work)
    try:
        await asyncio.wait({task}, timeout=timeout)
    except asyncio.CancelledError:
        await _end([task])
        raise
    if task.done():
        return True, task.result()
    fence.close()
    task.cancel()
    task.add_done_callback(_look_at)
    await asyncio.wait({task}, timeout=CANCELLATION_GRACE)
    if not task.done() or not task.cancelled() and task.exception() is None:
        ignored()
    return False, None


async def together(
    works: Sequence[Coroutine[Any, Any, Any]], ends_group: Callable[[BaseException], bool]
) -> tuple[list[Any | BaseException], BaseException | None]:
    """Run all at once; the first error for which ``ends_group`` is true cancels the others.

    Returns their results or errors, in order, and that first error. All have ended when this returns or raises.
    """
    import asyncio

    tasks = [asyncio.get_running_loop().create_task(work) for work in works]
    running = set(tasks)
    first: BaseException | None = None
    try:
        while running and first is None:
            done, running = await asyncio.wait(running, return_when=asyncio.FIRST_EXCEPTION)
            errors = [error for task in tasks if task in done and (error := _error_of(task)) is not None]
            first = next((error for error in errors if ends_group(error)), None)
    finally:
        await _end(tasks)
    return [task.result() if (error := _error_of(task)) is None else error for task in tasks], first


def _error_of(task: Any) -> BaseException | None:
    import asyncio

    if task.cancelled():
        return asyncio.CancelledError()
    error: BaseException | None = task.exception()
    return error


async def _end(tasks: Sequence[Any]) -> None:
    """Cancel what still runs and wait until it has ended, also while being cancelled oneself."""
    import asyncio

    running = {task for task in tasks if not task.done()}
    for task in running:
        task.cancel()
    cancelled = False
    while running:
        try:
            _, running = await asyncio.wait(running)
        except asyncio.CancelledError:
            cancelled = True
    for task in tasks:
        _look_at(task)
    if cancelled:
        raise asyncio.CancelledError


def _look_at(task: Any) -> None:
    """asyncio complains about errors that nobody has seen."""
    if not task.cancelled():
        task.exception()


def loop_is_running() -> bool:
    import sys

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

    if not loop_is_running():
        return asyncio.run(make())
    outcome: list[Any] = []
    context = contextvars.copy_context()

    def work() -> None:
        try:
            outcome.append((context.run(asyncio.run, make()), None))
        except BaseException as error:
            outcome.append((None, error))

    thread = threading.Thread(target=work, name="stepkit-run")
    thread.start()
    thread.join()
    result, error = outcome[0]
    if error is not None:
        raise error
    return result
