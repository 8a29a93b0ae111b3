"""Cancellation by others' rules: whoever cancels a run, in whatever kind of step, knows its own cancellation again.

The loop goes one callback at a time by a clock that jumps only when nothing is ready. So a run that is cancelled at
every turn, or that cancels itself again and again, does not get away with it: its turns are counted.
"""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import Awaitable, Callable, Generator

import anyio
import pytest
import stepping

from stepkit import Flow, StepEvent, flow
from stepkit.errors import StepTimeoutError

pytestmark = pytest.mark.in_one_piece

AT = 1.0
"""The time at which every run is cancelled."""
ENDS = 6.0
"""The time at which a thread ends that is waited for."""
TURNS = 80
"""More turns than any of them needs from its cancellation to its end."""


class Boom(Exception):
    pass


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


class Turns:
    """Counts the turns of the loop from the cancellation on, and fails when they are too many."""

    def __init__(self, world: World) -> None:
        loop = asyncio.get_running_loop()
        assert isinstance(loop, stepping.SteppingLoop)
        self.loop = loop
        self.world = world

    def __enter__(self) -> None:
        self.loop.call_at(AT, self.start)
        self.loop.call_at(ENDS, self.world.may_end.set)

    def start(self) -> None:
        turn = self.loop.turn
        # Who cancels at every turn lets no time pass.
        self.loop.at_turn(turn + TURNS // 2, self.world.end_threads)
        self.loop.at_turn(turn + TURNS, self.too_many)
        self.ended = False

    def too_many(self) -> None:
        assert self.ended, f"{TURNS} turns after its cancellation the run has not ended"

    def __exit__(self, *error: object) -> None:
        self.ended = True
        self.world.may_end.set()


@pytest.mark.parametrize("cancel", CANCELLERS, ids=lambda cancel: cancel.__name__)
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_a_run_that_is_cancelled_ends_soon_and_its_canceller_knows_why(
    kind: type[Worker], cancel: Callable[[Work], Awaitable[None]]
) -> None:
    world = World()

    async def main() -> None:
        with Turns(world):
            await cancel(kind(world).run)

    stepping.run(main(), world.hang)
    assert stepping.no_threads_are_left()


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_a_run_that_is_interrupted_from_the_keyboard_ends_with_that(kind: type[Worker]) -> None:
    world = World()

    async def main() -> None:
        with Turns(world):
            asyncio.get_running_loop().call_at(AT, signal.raise_signal, signal.SIGINT)
            await kind(world).run()

    with asyncio.Runner(loop_factory=lambda: stepping.SteppingLoop(world.hang)) as runner:
        with pytest.raises(KeyboardInterrupt):
            runner.run(main())
    assert stepping.no_threads_are_left()


# Cleanup that may not be cut off


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


# Other event loops


class Trap:
    """What another library's event loop is asked for; it sends the answer."""

    def __await__(self) -> Generator[str, str, str]:
        return (yield "asked")


class Asks(Flow):
    inner = flow.subflow("inner", lambda self: Answered())


class Answered(Flow):
    @flow.step("ask", retries=2, on_error="continue")
    async def ask(self):
        return {"answer": await Trap()}


class TheirCancellation(BaseException):
    pass


def test_an_event_loop_may_send_values() -> None:
    run = Asks().run()
    assert run.send(None) == "asked"
    with pytest.raises(StopIteration) as end:
        run.send("this")
    assert end.value.value == {"answer": "this"}


def test_an_event_loop_may_have_a_cancellation_of_its_own() -> None:
    run = Asks().run()
    assert run.send(None) == "asked"
    theirs = TheirCancellation()
    with pytest.raises(TheirCancellation) as caught:
        run.throw(theirs)
    assert caught.value is theirs


def test_a_run_can_be_closed() -> None:
    run = Asks().run()
    assert run.send(None) == "asked"
    run.close()
    assert run.cr_frame is None
