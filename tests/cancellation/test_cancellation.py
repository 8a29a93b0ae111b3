"""Cancellation: at every point where a run can be cancelled, it is, and what was saved goes on to the right result."""

from __future__ import annotations

import asyncio
import gc
import sys
import threading
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
import stepping

from stepkit import CircuitBreaker, Flow, StepEvent, flow
from stepkit.errors import RunCancelledError, StepTimeoutError


class Boom(Exception):
    pass


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


class Cancelled:
    """A run of a flow that is cancelled at a turn of the loop."""

    def __init__(self, make: type[Worker], turn: int) -> None:
        self.world = World()
        self.outcome: Any = None
        self.at_cancel: list[str] | None = None
        loop = stepping.SteppingLoop()
        task = loop.create_task(self.run(make))

        def cancel() -> None:
            self.at_cancel = list(self.world.started)
            self.cancelled = task.cancel()

        self.cancelled = False
        loop.at_turn(turn, cancel)
        loop.run_until_complete(asyncio.wait([task]))
        self.left = list(asyncio.all_tasks(loop))
        self.outcome = "cancelled" if task.cancelled() else task.exception() or task.result()
        self.turns = loop.turn
        loop.finish()

    async def run(self, make: type[Worker]) -> Any:
        return await make(self.world).run({"n": 1}, on_step_complete=self.world.save, on_step_error=self.world.told_of)


@pytest.mark.parametrize("make", FLOWS, ids=lambda make: make.__name__)
def test_a_run_can_be_cancelled_at_every_turn_of_the_loop(make: type[Worker]) -> None:
    whole = Cancelled(make, turn=10**9)
    assert isinstance(whole.outcome, dict)
    cancelled = 0
    for turn in range(1, whole.turns + 1):
        run = Cancelled(make, turn)
        if not run.cancelled:
            assert run.outcome == whole.outcome
            continue
        cancelled += 1
        where = f"cancelled at turn {turn} of {whole.turns}, when {run.at_cancel} had started"
        assert run.outcome == "cancelled", where
        assert run.world.started == run.at_cancel, where  # no step started after it
        assert not any(isinstance(error, asyncio.CancelledError) for error in run.world.told), where
        assert run.left == [], where
        if run.world.saved is not None:
            world = World()
            resumed = stepping.run(make(world).run_checkpoint(run.world.saved))
            assert resumed == whole.outcome, where
    assert cancelled > whole.turns - 6  # but for the turns that only end the run
    assert stepping.no_threads_are_left()


@pytest.mark.parametrize("turn", range(2, 8))
def test_a_sync_step_in_a_thread_is_waited_for_when_its_run_is_cancelled(turn: int) -> None:
    notes: list[str] = []
    may_end = threading.Event()

    class Threads(Flow):
        @flow.step("work", thread=True)
        def work(self):
            notes.append("started")
            assert may_end.wait(stepping.PATIENCE)
            notes.append("ended")
            return {"x": 1}

        @flow.step("next")
        def next(self):
            notes.append("next")

    async def work() -> None:
        loop = asyncio.get_running_loop()
        task = asyncio.ensure_future(Threads().run())
        for _ in range(turn):
            await asyncio.sleep(0)
        task.cancel()
        for _ in range(20):
            await asyncio.sleep(0)
            task.cancel()  # however often
        assert not task.done()
        may_end.set()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert loop.time() == 0

    stepping.run(work())
    assert notes == ["started", "ended"]


# Steps and callbacks that hide that they were cancelled


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


# Sync runs


class Flag:
    """Set when it is looked at for the given time."""

    def __init__(self, at: int) -> None:
        self.at = at
        self.looked = 0

    def is_set(self) -> bool:
        self.looked += 1
        return self.looked >= self.at


@pytest.mark.parametrize("make", [Plain, Retrying, Timed, Nested, Grouped], ids=lambda make: make.__name__)
def test_a_sync_run_is_cancelled_between_two_steps_and_goes_on_from_its_last_checkpoint(make: type[Worker]) -> None:
    def patched(world: World) -> Worker:
        return make(world)

    async def whole() -> Any:
        return await make(World()).run({"n": 1})

    expected = stepping.run(whole())
    never = Flag(10**9)

    def start(flag: Any, saved: list[str]) -> Any:
        world = World()
        world.failing = {"shaky": 1}  # without the delays of the other: this clock is real
        return patched(world).run_sync(
            {"n": 1}, cancel=flag, on_step_complete=lambda event: saved.append(event.checkpoint)
        )

    assert start(never, []) == expected
    for at in range(1, never.looked + 1, 2):
        saved: list[str] = []
        with pytest.raises(RunCancelledError):
            start(Flag(at), saved)
        if saved:
            world = World()
            world.failing = {}
            assert patched(world).run_checkpoint_sync(saved[-1]) == expected


# Nothing leaks


class Retries(Flow):
    @flow.step("flaky", retries=2, should_retry=Boom)
    def flaky(self):
        if flow.current().attempt < 2:
            raise Boom

    @flow.step("slow", retries=1, retry_delay=1)
    async def slow(self):
        await asyncio.sleep(0)
        if flow.current().attempt < 2:
            raise Boom


class Times(Flow):
    @flow.step("timed", timeout=5, on_error="continue")
    async def timed(self, n):
        await asyncio.sleep(0)
        if n % 3 == 0:
            raise Boom
        if n % 7 == 0:
            await asyncio.sleep(100)
        return {"timed": n}


class Groups(Flow):
    group = flow.parallel("group", mode="settled")

    @group.step
    async def one(self):
        await asyncio.sleep(0)

    @group.step("two", circuit_breaker=CircuitBreaker(failure_threshold=3, cooldown=1, on_open="skip"))
    async def two(self, n):
        if n % 2:
            raise Boom
        await asyncio.sleep(0)


class Threaded(Flow):
    @flow.step("work", timeout=60)
    def work(self, n):
        if n % 2:
            raise Boom
        return {"n": n}


def measured() -> tuple[int, int, int]:
    """Threads, living objects, blocks of memory."""
    assert stepping.no_threads_are_left()
    gc.collect()
    return threading.active_count(), len(gc.get_objects()), sys.getallocatedblocks()


def test_nothing_leaks_over_ten_thousand_runs() -> None:
    async def one(n: int) -> None:
        make = (Retries, Times, Groups)[n % 3]
        run = make().run({"n": n // 3}, on_step_complete=lambda event: None, on_step_error=lambda step, error: None)
        if n % 5 == 0:  # cancelled somewhere in the middle
            task = asyncio.ensure_future(run)
            for _ in range(n % 7):
                await asyncio.sleep(0)
            task.cancel()
            try:
                await task
            except asyncio.CancelledError:
                pass
        else:
            await run
        if n % 20 == 0:
            try:
                await Threaded().run({"n": n // 20})
            except Boom:
                pass

    async def many(count: int) -> None:
        for n in range(count):
            await one(n)
        assert len(asyncio.all_tasks()) == 1

    loop = stepping.SteppingLoop()
    loop.run_until_complete(many(300))
    threads, objects, blocks = measured()
    loop.run_until_complete(many(10_000))
    more_threads, more_objects, more_blocks = measured()
    loop.finish()
    assert more_threads == threads
    assert more_objects - objects < 300
    assert more_blocks - blocks < 1000
