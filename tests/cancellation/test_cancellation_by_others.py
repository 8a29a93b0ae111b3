"""Cancellation by others' rules: whoever cancels a run, in whatever kind of step, knows its own cancellation again.

The loop goes one callback at a time by a clock that jumps only when nothing is ready. So a run that is cancelled at
every turn, or that cancels itself again and again, does not get away with it: its turns are counted.
"""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Awaitable, Callable, Generator

import pytest
import stepping
from cancelled_kinds import AT, ENDS, KINDS, TURNS, Worker, World
from cancellers import CANCELLERS, Work

from stepkit import Flow, flow

pytestmark = pytest.mark.in_one_piece


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

    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background jobs ignore it
    try:
        with asyncio.Runner(loop_factory=lambda: stepping.SteppingLoop(world.hang)) as runner:
            with pytest.raises(KeyboardInterrupt):
                runner.run(main())
    finally:
        signal.signal(signal.SIGINT, before)
    assert stepping.no_threads_are_left()


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
