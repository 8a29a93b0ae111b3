"""Steps and callbacks that hide that they were cancelled, take it back, or raise it themselves."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
import stepping
from boom import Boom
from cancelled_flows import Plain, World

from stepkit import Flow, StepEvent, flow
from stepkit.errors import StepTimeoutError


async def hides() -> None:
    try:
        await asyncio.sleep(100)
    except asyncio.CancelledError:
        pass


async def turns_it_into_an_error() -> None:
    try:
        await asyncio.sleep(100)
    except asyncio.CancelledError:
        raise Boom("instead") from None


def in_step(behave: Callable[[], Awaitable[None]], notes: list[str]) -> Awaitable[Any]:
    class Hides(Flow):
        @flow.step("hides")
        async def hides(self):
            await behave()

        @flow.step("next")
        def next(self):
            notes.append("next")

    return Hides().run()


def in_last_step(behave: Callable[[], Awaitable[None]], notes: list[str]) -> Awaitable[Any]:
    class Hides(Flow):
        @flow.step("hides")
        async def hides(self):
            await behave()

    return Hides().run()


def in_retried_step(behave: Callable[[], Awaitable[None]], notes: list[str]) -> Awaitable[Any]:
    class Hides(Flow):
        @flow.step("hides", retries=5, on_error="continue")
        async def hides(self):
            if flow.current().attempt > 1:
                notes.append("tried again")
            await behave()

        @flow.step("next")
        def next(self):
            notes.append("next")

    return Hides().run(on_step_error=lambda step, error: notes.append("told"))


def in_timed_step(behave: Callable[[], Awaitable[None]], notes: list[str]) -> Awaitable[Any]:
    class Hides(Flow):
        @flow.step("hides", timeout=500, retries=5, on_error="continue")
        async def hides(self):
            if flow.current().attempt > 1:
                notes.append("tried again")
            await behave()

    return Hides().run(on_step_error=lambda step, error: notes.append("told"))


def in_nested_flow(behave: Callable[[], Awaitable[None]], notes: list[str]) -> Awaitable[Any]:
    class Inner(Flow):
        @flow.step("hides", on_error="continue")
        async def hides(self):
            await behave()

        @flow.step("next")
        def next(self):
            notes.append("next")

    class Hides(Flow):
        inner = flow.subflow("inner", Inner, on_error="continue")

    return Hides().run()


def in_group(behave: Callable[[], Awaitable[None]], notes: list[str]) -> Awaitable[Any]:
    class Hides(Flow):
        group = flow.parallel("group", mode="settled", on_error="continue")

        @group.step
        async def hides(self):
            await behave()

        @group.step
        async def other(self):
            await asyncio.sleep(100)

        @flow.step("next")
        def next(self):
            notes.append("next")

    return Hides().run()


def in_condition(behave: Callable[[], Awaitable[None]], notes: list[str]) -> Awaitable[Any]:
    async def condition() -> bool:
        await behave()
        return True

    class Hides(Flow):
        @flow.step("guarded", when=condition, on_error="continue")
        def guarded(self):
            notes.append("guarded")

    return Hides().run()


def in_complete_callback(behave: Callable[[], Awaitable[None]], notes: list[str]) -> Awaitable[Any]:
    class Hides(Flow):
        @flow.step("one")
        def one(self):
            return {}

        @flow.step("next")
        def next(self):
            notes.append("next")

    async def on_step_complete(event: StepEvent) -> None:
        await behave()

    return Hides().run(on_step_complete=on_step_complete)


def in_error_callback(behave: Callable[[], Awaitable[None]], notes: list[str]) -> Awaitable[Any]:
    class Hides(Flow):
        @flow.step("one", retries=1, retry_delay=50)
        def one(self):
            if flow.current().attempt > 1:
                notes.append("tried again")
            raise Boom

    async def on_step_error(step: str, error: Exception) -> None:
        await behave()

    return Hides().run(on_step_error=on_step_error)


PLACES = [
    in_step,
    in_last_step,
    in_retried_step,
    in_timed_step,
    in_nested_flow,
    in_group,
    in_condition,
    in_complete_callback,
    in_error_callback,
]


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("behave", [hides, turns_it_into_an_error])
def test_a_cancellation_that_is_hidden_ends_the_run_all_the_same(
    place: Callable[..., Awaitable[Any]], behave: Callable[[], Awaitable[None]]
) -> None:
    notes: list[str] = []

    async def work() -> None:
        task = asyncio.ensure_future(place(behave, notes))
        await asyncio.sleep(1)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert asyncio.get_running_loop().time() == 1

    stepping.run(work())
    assert notes == []


def test_a_cancellation_that_was_taken_back_is_none() -> None:
    class Uncancels(Flow):
        @flow.step("one")
        async def one(self):
            task = asyncio.current_task()
            assert task is not None
            task.cancel()
            await hides()
            task.uncancel()
            return {"one": 1}

        @flow.step("two")
        async def two(self):
            try:
                async with asyncio.timeout(1):
                    await asyncio.sleep(100)
            except TimeoutError:
                return {"two": 2}

    assert stepping.run(Uncancels().run()) == {"one": 1, "two": 2}


def test_a_run_in_a_task_that_was_cancelled_before_is_not_cancelled_by_that() -> None:
    async def work() -> Any:
        task = asyncio.current_task()
        assert task is not None
        task.cancel()
        await hides()
        return await Plain(World()).run({"n": 1})

    assert stepping.run(work()) == {"n": 104, "three": 4}


def test_a_timeout_around_the_run_cancels_it() -> None:
    async def work() -> None:
        notes: list[str] = []
        with pytest.raises(TimeoutError) as caught:
            async with asyncio.timeout(1):
                await in_step(hides, notes)
        assert not isinstance(caught.value, StepTimeoutError)
        assert notes == []

    stepping.run(work())


def test_a_cancelled_attempt_that_does_not_mind_is_left_when_its_timeout_is_over() -> None:
    class Stubborn(Flow):
        @flow.step("work", timeout=10)
        async def work(self):
            while asyncio.get_running_loop().time() < 100:
                await hides()

    async def work() -> None:
        task = asyncio.ensure_future(Stubborn().run())
        await asyncio.sleep(1)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert 10 <= asyncio.get_running_loop().time() < 10.1
        await asyncio.sleep(200)

    stepping.run(work())


def test_a_step_that_raises_the_cancellation_itself_ends_the_run_with_it() -> None:
    class Raises(Flow):
        @flow.step("work", retries=3, on_error="continue", timeout=5)
        async def work(self):
            raise asyncio.CancelledError("of its own")

    with pytest.raises(asyncio.CancelledError):
        stepping.run(Raises().run())


@pytest.mark.parametrize("mode", ["all", "settled"])
def test_a_member_that_raises_the_cancellation_itself_ends_its_group_at_once(mode: Any) -> None:
    class Raises(Flow):
        group = flow.parallel("group", mode=mode, on_error="continue")

        @group.step
        async def raises(self):
            raise asyncio.CancelledError

        @group.step
        async def other(self):
            await asyncio.sleep(100)

    async def work() -> None:
        with pytest.raises(asyncio.CancelledError):
            await Raises().run()
        assert asyncio.get_running_loop().time() == 0

    stepping.run(work())
