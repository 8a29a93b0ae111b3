"""One flow for each kind of step that can be cancelled, and what each has done when it was."""

from __future__ import annotations

import asyncio
import threading

import stepping
from boom import Boom

from stepkit import Flow, StepEvent, flow

AT = 1.0
"""The time at which every run is cancelled."""
ENDS = 6.0
"""The time at which a thread ends that is waited for."""
TURNS = 80
"""More turns than any of them needs from its cancellation to its end."""


class World:
    """What the steps have to do with."""

    def __init__(self) -> None:
        self.hang = stepping.Hang()
        self.may_end = threading.Event()

    def block(self) -> None:
        """What a sync step does in a thread; the clock does not wait for it."""
        self.hang.stuck.add(threading.get_ident())
        assert self.may_end.wait(stepping.PATIENCE)

    def end_threads(self) -> None:
        self.may_end.set()
        for thread in stepping.step_threads():
            thread.join(stepping.PATIENCE)

    async def hides(self) -> None:
        try:
            await asyncio.sleep(100)
        except asyncio.CancelledError:
            pass

    async def turns_it_into_an_error(self) -> None:
        try:
            await asyncio.sleep(100)
        except asyncio.CancelledError:
            raise Boom from None

    async def cleans_up(self) -> None:
        try:
            await asyncio.sleep(100)
        finally:
            await asyncio.sleep(2)


class Worker(Flow):
    """A flow that knows its world by ``self``."""

    def __init__(self, world: World) -> None:
        self.world = world

    async def on_step_complete(self, event: StepEvent) -> None:
        assert event.step_name in ("first", "finished"), f"{event.step_name} was completed after all"


class Async(Worker):
    @flow.step("work", on_error="continue", retries=2)
    async def work(self):
        await asyncio.sleep(100)


class PlainAsync(Worker):
    @flow.step("work")
    async def work(self):
        await asyncio.sleep(100)


class Hides(Worker):
    @flow.step("work")
    async def work(self):
        await self.world.hides()


class HidesInPolicies(Worker):
    @flow.step("work", on_error="continue", retries=2)
    async def work(self):
        await self.world.turns_it_into_an_error()


class Sync(Worker):
    @flow.step("first")
    def first(self):
        loop = asyncio.get_running_loop()
        assert isinstance(loop, stepping.SteppingLoop)
        loop.now += 3  # it blocks the loop for so long

    @flow.step("work")
    async def work(self):
        await asyncio.sleep(100)


class Thread(Worker):
    @flow.step("work", thread=True)
    def work(self):
        self.world.block()


class ThreadInTime(Worker):
    @flow.step("work", timeout=50)
    def work(self):
        self.world.block()


class ThreadOutOfTime(Worker):
    @flow.step("work", timeout=3)
    def work(self):
        self.world.block()


class Timeout(Worker):
    @flow.step("work", timeout=50, retries=1, on_error="continue")
    async def work(self):
        await self.world.cleans_up()


class TimeoutHides(Worker):
    @flow.step("work", timeout=50)
    async def work(self):
        await self.world.hides()


class Group(Worker):
    group = flow.parallel("group")

    @group.step
    async def finished(self):
        return {"finished": True}

    @group.step
    async def cleans_up(self):
        await self.world.cleans_up()

    @group.step
    async def hides(self):
        await self.world.hides()

    @group.step
    def blocks(self):
        self.world.block()


class Settled(Worker):
    group = flow.parallel("group", mode="settled", on_error="continue", timeout=50)

    @group.step
    async def fails(self):
        raise Boom

    @group.step
    async def turns(self):
        await self.world.turns_it_into_an_error()

    group_flow = group.subflow(lambda self: Group(self.world))


class Nested(Worker):
    inside = flow.subflow("inside", lambda self: Async(self.world), on_error="continue")


class Branch(Worker):
    @flow.branch("route", cases={"hides": lambda self: Hides(self.world), "none": Async}, retries=1)
    def route(self):
        return "hides"


class TimedNested(Worker):
    inside = flow.subflow("inside", lambda self: Group(self.world), timeout=50, on_error="continue")


class RunsAnother(Worker):
    @flow.step("work", on_error="continue")
    async def work(self):
        await HidesInPolicies(self.world).run()


class RetryDelay(Worker):
    @flow.step("work", retries=3, retry_delay=100)
    def work(self):
        raise Boom


class When(Worker):
    async def holds(self) -> bool:
        await self.world.hides()
        return True

    @flow.step("work", when=holds)
    def work(self):
        pass


class CompleteCallback(Worker):
    @flow.step("first")
    async def first(self):
        pass

    @flow.step("work")
    async def work(self):
        pass

    async def on_step_complete(self, event: StepEvent) -> None:
        assert event.step_name == "first"
        await self.world.turns_it_into_an_error()


class ErrorCallback(Worker):
    @flow.step("work", retries=1)
    async def work(self):
        raise Boom

    async def on_step_error(self, step: str, error: Exception) -> None:
        await self.world.hides()


KINDS: list[type[Worker]] = [
    Async,
    PlainAsync,
    Hides,
    HidesInPolicies,
    Sync,
    Thread,
    ThreadInTime,
    ThreadOutOfTime,
    Timeout,
    TimeoutHides,
    Group,
    Settled,
    Nested,
    Branch,
    TimedNested,
    RunsAnother,
    RetryDelay,
    When,
    CompleteCallback,
    ErrorCallback,
]
