"""Nothing is left behind by runs that were cancelled, failed or timed out."""

from __future__ import annotations

import asyncio
import gc
import sys
import threading

import stepping
from boom import Boom

from stepkit import CircuitBreaker, Flow, flow


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
