"""Cleanup that may not be cut off: it runs to its end when its step is cancelled or timed out."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import anyio
import pytest
import stepping
from boom import Boom
from cancelled_kinds import AT, World
from cancellers import Work, anyio_fail_after, anyio_move_on_after, asyncio_timeout, task_cancel

from stepkit import Flow, flow
from stepkit.errors import StepTimeoutError

pytestmark = pytest.mark.in_one_piece


class Notes(World):
    def __init__(self) -> None:
        super().__init__()
        self.cleaned_up_at: list[float] = []

    async def cleans_up_for_long(self) -> None:
        try:
            await asyncio.sleep(100)
        finally:
            await self.clean_up()

    async def clean_up(self) -> None:
        await asyncio.sleep(8)
        self.cleaned_up_at.append(asyncio.get_running_loop().time())


class ShieldingNotes(Notes):
    async def clean_up(self) -> None:
        with anyio.CancelScope(shield=True):
            await super().clean_up()


class CleansUp(Flow):
    def __init__(self, world: Notes) -> None:
        self.world = world


class InTime(CleansUp):
    @flow.step("work", timeout=50, retries=1)
    async def work(self):
        await self.world.cleans_up_for_long()


class OutOfTime(CleansUp):
    @flow.step("work", timeout=4)
    async def work(self):
        await self.world.cleans_up_for_long()


class InMember(CleansUp):
    group = flow.parallel("group", mode="settled")

    @group.step
    async def fails(self):
        raise Boom

    @group.step
    async def work(self):
        await self.world.cleans_up_for_long()


class InTimedMember(CleansUp):
    inside = flow.subflow("inside", lambda self: InMember(self.world), timeout=50)


class InTimedMemberOutOfTime(CleansUp):
    inside = flow.subflow("inside", lambda self: InMember(self.world), timeout=4)


class InTimedStepsOutOfTime(CleansUp):
    inside = flow.subflow("inside", lambda self: InTime(self.world), timeout=4)


ENDS_AT: dict[type[CleansUp], float] = {
    InTime: AT + 8,
    OutOfTime: 4 + 0.05,
    InMember: AT + 8,
    InTimedMember: AT + 8,
    InTimedMemberOutOfTime: 4 + 0.05,
    InTimedStepsOutOfTime: 4 + 0.05,
}
"""When each run ends that is cancelled at ``AT``: when its cleanup has ended, but no later than its timeout."""


@pytest.mark.parametrize("world", [Notes, ShieldingNotes])
@pytest.mark.parametrize("cancel", [task_cancel, asyncio_timeout, anyio_move_on_after, anyio_fail_after])
@pytest.mark.parametrize("kind", ENDS_AT)
def test_the_cleanup_of_a_cancelled_step_runs_to_its_end(
    kind: type[CleansUp], cancel: Callable[[Work], Awaitable[None]], world: type[Notes]
) -> None:
    notes = world()

    async def main() -> None:
        loop = asyncio.get_running_loop()
        await cancel(kind(notes).run)
        assert loop.time() == pytest.approx(ENDS_AT[kind])
        await asyncio.sleep(20)
        assert notes.cleaned_up_at == [AT + 8]

    stepping.run(main())


@pytest.mark.parametrize("world", [Notes, ShieldingNotes])
def test_the_cleanup_of_a_step_that_timed_out_runs_to_its_end_though_nobody_waits_for_it(world: type[Notes]) -> None:
    notes = world()

    async def main() -> None:
        with pytest.raises(StepTimeoutError):
            await OutOfTime(notes).run()
        assert asyncio.get_running_loop().time() == pytest.approx(4 + 0.05)
        await asyncio.sleep(20)
        assert notes.cleaned_up_at == [4 + 8]

    stepping.run(main())
