"""Timeouts of sync steps: each attempt in a daemon thread of its own, which nobody waits for."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
from collections.abc import Callable
from typing import Any

import pytest
import stepping
from boom import Boom
from timed_steps import WENT_ON, Outside, blocks_and_returns, hangs, never_ends

from stepkit import Flow, flow
from stepkit.errors import StepTimeoutError

# Threads


def test_a_sync_step_with_a_timeout_runs_in_a_daemon_thread_of_its_own_and_one_without_runs_inline() -> None:
    threads: list[threading.Thread] = []

    class Threads(Flow):
        @flow.step("timed", timeout=60)
        def timed(self):
            threads.append(threading.current_thread())

        @flow.step("inline")
        def inline(self):
            threads.append(threading.current_thread())

        @flow.step("timed-again", timeout=60)
        def timed_again(self):
            threads.append(threading.current_thread())

    stepping.run(Threads().run())
    assert [thread.daemon for thread in threads] == [True, False, True]
    assert threads[1] is threading.current_thread()
    assert threads[0] is not threads[2]
    for thread in (threads[0], threads[2]):
        thread.join(stepping.PATIENCE)
        assert not thread.is_alive()


def test_a_step_in_a_thread_knows_its_attempt_and_the_context_variables() -> None:
    from contextvars import ContextVar

    variable: ContextVar[str] = ContextVar("variable")

    class Threads(Flow):
        @flow.step("timed", timeout=60, retries=1)
        def timed(self):
            if flow.current().attempt == 1:
                raise Boom
            return {"saw": variable.get(), "attempt": flow.current().attempt}

    async def work() -> Any:
        variable.set("what the caller set")
        return await Threads().run()

    assert stepping.run(work()) == {"saw": "what the caller set", "attempt": 2}


def test_abandoned_threads_take_no_place_of_later_runs() -> None:
    hang = stepping.Hang()

    class Blocks(Flow):
        @flow.step("work", timeout=1, on_error="continue")
        def work(self):
            hang.here()

    class Works(Flow):
        @flow.step("work", timeout=1)
        def work(self):
            return {"done": True}

    async def work() -> list[Any]:
        await asyncio.gather(*(Blocks().run() for _ in range(60)))
        assert len(stepping.step_threads()) == 60
        return await asyncio.gather(*(Works().run() for _ in range(60)))

    assert stepping.run(work(), hang) == [{"done": True}] * 60
    assert stepping.no_threads_are_left()


def test_a_retry_does_not_wait_for_the_thread_of_the_attempt_before() -> None:
    hang = stepping.Hang()

    class Blocks(Flow):
        @flow.step("work", timeout=1, retries=2)
        def work(self, items):
            if flow.current().attempt < 3:
                hang.here()
            items.append(flow.current().attempt)
            return {"items": items}

    assert stepping.run(Blocks().run({"items": []}), hang) == {"items": [3]}


def test_a_stop_iteration_in_a_thread_is_an_error_like_others() -> None:
    class Stops(Flow):
        @flow.step("work", timeout=60)
        def work(self):
            raise StopIteration

    with pytest.raises(RuntimeError, match="StopIteration"):
        stepping.run(Stops().run())


def test_what_ends_the_interpreter_passes_out_of_a_thread() -> None:
    class Exits(Flow):
        @flow.step("work", timeout=60, on_error="continue")
        def work(self):
            raise SystemExit(3)

    with pytest.raises(SystemExit):
        Exits().run_sync()


# Sync runs, with the real clock


@pytest.mark.parametrize("behave", [hangs, never_ends, blocks_and_returns], ids=lambda behave: behave.__name__)
@pytest.mark.parametrize("loop_is_running", [False, True])
@pytest.mark.in_one_piece
def test_run_sync_returns_although_the_step_goes_on(
    behave: Callable[[Outside], Any], loop_is_running: bool, caplog: pytest.LogCaptureFixture
) -> None:
    async def never_ends_at_all(outside: Outside) -> Any:
        while True:
            try:
                await asyncio.sleep(3600)
            except asyncio.CancelledError:
                pass

    class Short(Flow):
        if behave is blocks_and_returns:

            @flow.step("work", timeout=0.01)
            def work(self, outside):
                return behave(outside[0])

        else:

            @flow.step("work", timeout=0.01)
            async def work(self, outside):
                return await (never_ends_at_all if behave is never_ends else behave)(outside[0])

    outside = Outside()

    def run() -> None:
        with pytest.raises(StepTimeoutError):
            Short().run_sync({"outside": [outside]})
        outside.notes.append("returned")

    async def inside() -> None:
        run()

    if not loop_is_running:
        run()
    elif behave is blocks_and_returns:
        asyncio.run(inside())
    outside.hang.release()
    assert outside.notes[:1] == (["returned"] if outside.notes else [])
    assert stepping.no_threads_are_left()


SCRIPT = """
import asyncio, sys, threading, time
from stepkit import Flow, flow

class Blocks(Flow):
    @flow.step("work", timeout=0.05)
    def work(self):
        threading.Event().wait()

class NeverEnds(Flow):
    @flow.step("work", timeout=0.05)
    async def work(self):
        while True:
            try:
                await asyncio.sleep(3600)
            except asyncio.CancelledError:
                pass

def attempt(run):
    try:
        run()
    except TimeoutError:
        print("timed out")

attempt(lambda: Blocks().run_sync())
attempt(lambda: asyncio.run(Blocks().run()))
attempt(lambda: NeverEnds().run_sync())
print(threading.active_count())
"""


def test_abandoned_attempts_do_not_hold_up_the_end_of_the_interpreter() -> None:
    done = subprocess.run([sys.executable, "-W", "error", "-c", SCRIPT], capture_output=True, text=True, timeout=60)
    assert done.stdout.split("\n") == ["timed out", "timed out", "timed out", "3", ""]
    assert done.stderr == f"flow NeverEnds: work: {WENT_ON}\n"
    assert done.returncode == 0
