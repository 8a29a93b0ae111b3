"""Cancellation: at every point where a run can be cancelled, it is, and what was saved goes on to the right result."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest
import stepping
from cancelled_flows import FLOWS, Grouped, Nested, Plain, Retrying, Timed, Worker, World

from stepkit import Flow, flow
from stepkit.errors import RunCancelledError


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
