"""The ways of asyncio and anyio to cancel a run; each checks that it knows its own cancellation again."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import anyio
import pytest
from cancelled_kinds import AT

Work = Callable[[], Awaitable[object]]


def cancelling() -> int:
    task = asyncio.current_task()
    assert task is not None
    return task.cancelling()


async def task_cancel(work: Work) -> None:
    task = asyncio.ensure_future(work())
    asyncio.get_running_loop().call_at(AT, task.cancel)
    with pytest.raises(asyncio.CancelledError):
        await task
    assert task.cancelled()


async def task_cancel_with_a_message(work: Work) -> None:
    task = asyncio.ensure_future(work())
    asyncio.get_running_loop().call_at(AT, task.cancel, "enough")
    with pytest.raises(asyncio.CancelledError) as caught:
        await task
    assert caught.value.args == ("enough",)


async def task_cancel_twice(work: Work) -> None:
    task = asyncio.ensure_future(work())
    asyncio.get_running_loop().call_at(AT, task.cancel, "enough")
    asyncio.get_running_loop().call_at(AT + 1, task.cancel, "enough")
    with pytest.raises(asyncio.CancelledError) as caught:
        await task
    assert caught.value.args == ("enough",)


async def asyncio_timeout(work: Work) -> None:
    with pytest.raises(TimeoutError):
        async with asyncio.timeout_at(AT):
            await work()
    assert cancelling() == 0


async def asyncio_task_group(work: Work) -> None:
    async def sibling() -> None:
        await asyncio.sleep(AT)
        raise LookupError

    with pytest.raises(ExceptionGroup) as caught:
        async with asyncio.TaskGroup() as group:
            group.create_task(sibling())
            await work()
    assert [type(error) for error in caught.value.exceptions] == [LookupError]
    assert cancelling() == 0


async def asyncio_task_group_around_its_task(work: Work) -> None:
    async def sibling() -> None:
        await asyncio.sleep(AT)
        raise LookupError

    async def child() -> None:
        await work()

    with pytest.raises(ExceptionGroup) as caught:
        async with asyncio.TaskGroup() as group:
            group.create_task(sibling())
            group.create_task(child())
            await asyncio.sleep(1000)
    assert [type(error) for error in caught.value.exceptions] == [LookupError]


async def anyio_move_on_after(work: Work) -> None:
    with anyio.move_on_after(AT) as scope:
        await work()
    assert scope.cancelled_caught
    assert cancelling() == 0


async def anyio_fail_after(work: Work) -> None:
    with pytest.raises(TimeoutError):
        with anyio.fail_after(AT):
            await work()
    assert cancelling() == 0


async def anyio_cancel_scope(work: Work) -> None:
    with anyio.CancelScope() as scope:
        asyncio.get_running_loop().call_at(AT, scope.cancel)
        await work()
    assert scope.cancelled_caught
    assert cancelling() == 0


async def anyio_nested_scopes(work: Work) -> None:
    after = False
    with anyio.CancelScope() as outermost:
        with anyio.move_on_after(AT) as outer:
            with anyio.move_on_after(50) as inner, anyio.CancelScope() as innermost:
                await work()
        await anyio.sleep(0)
        after = True
    assert after
    assert outer.cancelled_caught
    assert not (outermost.cancelled_caught or inner.cancelled_caught or innermost.cancelled_caught)
    assert cancelling() == 0


async def anyio_inner_and_outer_scope_at_once(work: Work) -> None:
    with anyio.CancelScope() as outer:
        with anyio.CancelScope() as inner:
            asyncio.get_running_loop().call_at(AT, inner.cancel)
            asyncio.get_running_loop().call_at(AT, outer.cancel)
            await work()
    assert outer.cancelled_caught
    assert cancelling() == 0


async def anyio_task_group(work: Work) -> None:
    async def sibling() -> None:
        await anyio.sleep(AT)
        raise LookupError

    async def child() -> None:
        await work()

    with pytest.raises(ExceptionGroup) as caught:
        async with anyio.create_task_group() as group:
            group.start_soon(sibling)
            group.start_soon(child)
    assert [type(error) for error in caught.value.exceptions] == [LookupError]
    assert cancelling() == 0


async def at_every_turn(work: Work) -> None:
    """As trio cancels, and others who take after it: until the task has ended, whatever it waits for."""
    task = asyncio.ensure_future(work())
    loop = asyncio.get_running_loop()

    def again() -> None:
        if not task.done():
            task.cancel("again")
            loop.call_soon(again)

    loop.call_at(AT, again)
    with pytest.raises(asyncio.CancelledError) as caught:
        await task
    assert caught.value.args == ("again",)


CANCELLERS = [
    task_cancel,
    task_cancel_with_a_message,
    task_cancel_twice,
    asyncio_timeout,
    asyncio_task_group,
    asyncio_task_group_around_its_task,
    anyio_move_on_after,
    anyio_fail_after,
    anyio_cancel_scope,
    anyio_nested_scopes,
    anyio_inner_and_outer_scope_at_once,
    anyio_task_group,
    at_every_turn,
]
