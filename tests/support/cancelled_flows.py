"""Flows that are cancelled wherever they wait, and what they did until then."""

from __future__ import annotations

import asyncio

from boom import Boom

from stepkit import CircuitBreaker, Flow, StepEvent, flow


class World:
    """What steps do outside, in order, and the last checkpoint that a callback saved."""

    def __init__(self) -> None:
        self.started: list[str] = []
        self.done: list[str] = []
        self.saved: str | None = None
        self.told: list[BaseException] = []
        self.failing = {"flaky": 2, "shaky": 1}

    def __deepcopy__(self, memo: object) -> World:
        return self

    def start(self, name: str) -> None:
        self.started.append(name)
        if self.failing.get(name, 0) > 0:
            self.failing[name] -= 1
            raise Boom(name)

    async def work(self, name: str, ticks: int = 2) -> None:
        self.start(name)
        for _ in range(ticks):
            await asyncio.sleep(0)
        self.done.append(name)

    async def save(self, event: StepEvent) -> None:
        checkpoint = event.checkpoint
        await asyncio.sleep(0)
        self.saved = checkpoint
        await asyncio.sleep(0)

    async def told_of(self, step: str, error: Exception) -> None:
        self.told.append(error)
        await asyncio.sleep(0)


class Worker(Flow):
    """A flow that knows its world by ``self``."""

    def __init__(self, world: World) -> None:
        self.world = world


class Plain(Worker):
    @flow.step("one")
    async def one(self, n):
        await self.world.work("one")
        return {"n": n + 1}

    @flow.step("two", on_error="continue")
    async def two(self, n):
        await self.world.work("two")
        return {"n": n * 2}

    @flow.step("three", on_error="skip-remaining")
    def three(self, n):
        self.world.start("three")
        self.world.done.append("three")
        return {"three": n}

    @flow.transform("four")
    async def four(self, ctx, /):
        await self.world.work("four")
        return {"n": ctx["n"] + 100, "three": ctx["three"]}


class Retrying(Worker):
    @flow.step("flaky", retries=3, retry_delay=5, on_error="continue")
    async def flaky(self, n):
        await self.world.work("flaky")
        return {"flaky": n}

    @flow.step("last", circuit_breaker=CircuitBreaker(failure_threshold=1, cooldown=1))
    async def last(self, n):
        await self.world.work("last")
        return {"n": n + 1}


class Timed(Worker):
    @flow.step("timed", timeout=5, retries=1, on_error="continue")
    async def timed(self, n):
        await self.world.work("timed")
        return {"timed": n}

    @flow.step("in-thread", timeout=60)
    def in_thread(self, n):
        self.world.start("in-thread")
        self.world.done.append("in-thread")
        return {"thread": n}

    @flow.step("last")
    async def last(self, n):
        await self.world.work("last")
        return {"n": n + 1}


class Nested(Worker):
    async def holds(self) -> bool:
        await asyncio.sleep(0)
        return True

    plain = flow.subflow("plain", lambda self: Plain(self.world), when=holds, on_error="continue", timeout=50)

    @flow.branch("route", cases={"a": lambda self: Retrying(self.world), "b": Plain}, retries=1, retry_delay=1)
    async def route(self, n):
        await self.world.work("route")
        return "a"


class Grouped(Worker):
    group = flow.parallel("group", on_error="continue", retries=1)
    plain = group.subflow(lambda self: Plain(self.world))

    @group.step
    async def shaky(self, n):
        await self.world.work("shaky")
        return {"shaky": n}

    @group.step
    def threaded(self, n):
        self.world.start("threaded")
        self.world.done.append("threaded")
        return {"threaded": n}

    settled = flow.parallel("settled", mode="settled", timeout=50)

    @settled.step
    async def fails(self, n):
        await asyncio.sleep(0)
        raise Boom

    retrying = settled.subflow(lambda self: Retrying(self.world))


FLOWS: list[type[Worker]] = [Plain, Retrying, Timed, Nested, Grouped]
