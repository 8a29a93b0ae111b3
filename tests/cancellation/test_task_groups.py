"""Task groups inside steps: one that fails is a failure of its step, also where Python leaves the task cancelled by it.

Before 3.13, an ``asyncio.TaskGroup`` whose child fails while the group waits for its children cancels its own task and
does not take that back.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import anyio
import pytest
import stepping
from boom import Boom
from cancellers import cancelling

from stepkit import Flow, StepEvent, flow

pytestmark = pytest.mark.in_one_piece


async def fails(after: float = 1) -> None:
    await asyncio.sleep(after)
    raise Boom


# Ways in which a task group fails


async def while_it_waits() -> None:
    async with asyncio.TaskGroup() as group:
        group.create_task(fails())


async def while_it_waits_for_another() -> None:
    async with asyncio.TaskGroup() as group:
        group.create_task(fails())
        group.create_task(asyncio.sleep(100))


async def while_its_body_waits() -> None:
    async with asyncio.TaskGroup() as group:
        group.create_task(fails())
        await asyncio.sleep(100)


async def in_its_body() -> None:
    async with asyncio.TaskGroup() as group:
        group.create_task(asyncio.sleep(100))
        raise Boom


async def in_another_group() -> None:
    async with asyncio.TaskGroup() as outer:
        outer.create_task(asyncio.sleep(100))
        async with asyncio.TaskGroup() as inner:
            inner.create_task(fails())


async def both_groups() -> None:
    async with asyncio.TaskGroup() as outer:
        outer.create_task(fails())
        async with asyncio.TaskGroup() as inner:
            inner.create_task(fails())


async def in_a_child() -> None:
    async with asyncio.TaskGroup() as group:
        group.create_task(while_it_waits())


async def one_after_the_other() -> None:
    for _ in range(3):
        with contextlib.suppress(ExceptionGroup):
            await while_it_waits()
    await while_it_waits()


async def on_an_exit_stack() -> None:
    async with contextlib.AsyncExitStack() as stack:
        group = await stack.enter_async_context(asyncio.TaskGroup())
        group.create_task(fails())


async def in_a_generator() -> None:
    async def numbers() -> AsyncIterator[int]:
        yield 1
        await while_it_waits()

    async for _ in numbers():
        pass


class OwnGroup(asyncio.TaskGroup):
    async def __aexit__(self, *error: Any) -> None:
        await super().__aexit__(*error)


async def of_a_class_of_its_own() -> None:
    async with OwnGroup() as group:
        group.create_task(fails())


async def of_anyio() -> None:
    async with anyio.create_task_group() as group:
        group.start_soon(fails)


WAYS = [
    while_it_waits,
    while_it_waits_for_another,
    while_its_body_waits,
    in_its_body,
    in_another_group,
    both_groups,
    in_a_child,
    one_after_the_other,
    on_an_exit_stack,
    in_a_generator,
    of_a_class_of_its_own,
    of_anyio,
]
Way = Callable[[], Awaitable[None]]

# Places where one fails


class World(Flow):
    def __init__(self, way: Way) -> None:
        self.way = way
        self.told: list[str] = []

    def on_step_error(self, step: str, error: Exception) -> Any:
        self.told.append(step)


class InStep(World):
    @flow.step("work")
    async def work(self):
        await self.way()


class InPolicies(World):
    @flow.step("work", retries=2, on_error="continue")
    async def work(self):
        await self.way()

    @flow.step("next")
    async def next(self):
        raise ExceptionGroup("as the others", [Boom()])


class InTime(World):
    @flow.step("work", timeout=500)
    async def work(self):
        await self.way()


class InMember(World):
    group = flow.parallel("group")

    @group.step
    async def work(self):
        await self.way()

    @group.step
    async def other(self):
        await asyncio.sleep(1000)


class InWhen(World):
    async def holds(self) -> bool:
        await self.way()
        return True

    @flow.step("work", when=holds)
    def work(self):
        pass


class InRoute(World):
    @flow.branch("work", cases={"step": lambda self: InStep(self.way)}, retries=1)
    async def work(self):
        await self.way()
        return "step"


class InNested(World):
    inside = flow.subflow("inside", lambda self: InStep(self.way))


class InAnotherRun(World):
    @flow.step("work")
    async def work(self):
        await InNested(self.way).run()


class InCompleteCallback(World):
    @flow.step("work")
    async def work(self):
        pass

    async def on_step_complete(self, event: StepEvent) -> None:
        await self.way()


class InErrorCallback(World):
    @flow.step("work", retries=1)
    async def work(self):
        raise ExceptionGroup("as the others", [Boom()])

    async def on_step_error(self, step: str, error: Exception) -> None:
        self.told.append(step)
        await self.way()


PLACES: dict[type[World], list[str]] = {
    InStep: ["work"],
    InPolicies: ["work", "work", "work", "next"],
    InTime: ["work"],
    InMember: ["group/work", "group"],
    InWhen: ["work"],
    InRoute: ["work", "work"],
    InNested: ["inside/work", "inside"],
    InAnotherRun: ["work"],
    InCompleteCallback: [],
    InErrorCallback: ["work", "work"],
}
"""Each with the steps of whose failure it tells."""


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("place", PLACES)
def test_a_task_group_that_fails_is_a_failure(place: type[World], way: Way) -> None:
    world = place(way)

    async def main() -> None:
        with pytest.raises(ExceptionGroup) as caught:
            await world.run()
        assert caught.group_contains(Boom, depth=None)
        assert cancelling() == 0

    stepping.run(main())
    assert world.told == PLACES[place]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("place", [place for place in PLACES if place not in (InPolicies, InErrorCallback)])
def test_one_whose_failure_is_caught_is_none(place: type[World], way: Way) -> None:
    async def caught() -> None:
        try:
            await way()
        except* Boom:
            pass

    class Waits(World):
        run_it = flow.subflow("run-it", lambda self: place(self.way))

        @flow.step("wait")
        async def wait(self):
            await asyncio.sleep(1)
            return {"waited": True}

    async def main() -> object:
        result = await asyncio.wait_for(Waits(caught).run(), timeout=None)
        assert cancelling() == 0
        return result

    if place is not InMember:
        assert stepping.run(main()) == {"waited": True}


@pytest.mark.parametrize("way", WAYS)
def test_a_timeout_around_the_run_still_knows_its_own_cancellation(way: Way) -> None:
    async def work() -> None:
        with contextlib.suppress(ExceptionGroup):
            await way()
        await asyncio.sleep(1000)

    async def main() -> None:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(100):
                await InStep(work).run()
        assert cancelling() == 0

    stepping.run(main())


# A cancellation from outside that a task group in a step hides


@pytest.mark.parametrize("at", [0.5, 1, 1.5])
@pytest.mark.parametrize("way", [way for way in WAYS if way not in (in_its_body, of_anyio)])
def test_a_cancellation_from_outside_is_one_whatever_the_group_makes_of_it(way: Way, at: float) -> None:
    async def cleans_up() -> None:
        try:
            await asyncio.sleep(100)
        finally:
            await asyncio.sleep(1)
            raise Boom

    async def work() -> None:
        with contextlib.suppress(ExceptionGroup):
            async with asyncio.TaskGroup() as group:
                group.create_task(cleans_up())
                await way()

    async def main() -> None:
        task = asyncio.ensure_future(InPolicies(work).run())
        asyncio.get_running_loop().call_at(at, task.cancel, "enough")
        with pytest.raises(asyncio.CancelledError) as caught:
            await task
        if at != 1:  # else asyncio itself may keep the message of the group's own cancellation, which comes then too
            assert caught.value.args == ("enough",)
        assert asyncio.get_running_loop().time() <= 3

    stepping.run(main())
