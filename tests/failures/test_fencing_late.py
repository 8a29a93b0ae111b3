"""Steps, conditions, routes and callbacks that do not mind being cancelled, and end late."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest
import stepping
from boom import Boom
from stepping import swallow

from stepkit import Flow, StepEvent, flow
from stepkit.errors import CheckpointError, StepTimeoutError


class Log:
    def __init__(self) -> None:
        self.lines: list[str] = []

    def __call__(self, line: str) -> None:
        self.lines.append(line)

    def __deepcopy__(self, memo: object) -> Log:
        return self  # steps read copies; they shall all write here


def run_timed(inside: type[Flow], log: Log, **callbacks: Any) -> Any:
    """Run ``inside`` under a timeout of one second, survive it, and wait."""

    class Timed(Flow):
        work = flow.subflow("work", inside, timeout=1, on_error="continue")

        @flow.step("wait")
        async def wait(self):
            log("given up")
            await asyncio.sleep(200)

    return stepping.run(Timed().run({"log": [log]}, **callbacks))


@pytest.mark.in_one_piece
def test_a_condition_that_ends_late_starts_no_step() -> None:
    log = Log()

    async def condition(log: Any) -> bool:
        await swallow()
        return True

    class Inside(Flow):
        @flow.step("guarded", when=condition)
        def guarded(self, log):
            log[0]("started")

    run_timed(Inside, log)
    assert log.lines == ["given up"]


def test_a_step_that_fails_late_is_not_retried_and_nobody_is_told() -> None:
    log = Log()

    class Inside(Flow):
        @flow.step("tried", retries=5, on_error="continue")
        async def tried(self, log):
            log[0](f"attempt {flow.current().attempt}")
            await swallow()
            raise Boom

        @flow.step("next")
        def next(self, log):
            log[0]("next")

    run_timed(Inside, log, on_step_error=lambda step, error: log(f"told of {step}"))
    assert log.lines == ["attempt 1", "told of work", "given up"]


@pytest.mark.in_one_piece
def test_a_route_that_ends_late_does_not_choose_for_the_next_attempt() -> None:
    class Case(Flow):
        @flow.step("give")
        async def give(self, log):
            log[0]("case")
            await asyncio.sleep(0.5)
            return {"chosen": "case"}

    class Other(Flow):
        @flow.step("give")
        async def give(self, log):
            log[0]("other")
            await asyncio.sleep(0.5)
            return {"chosen": "other"}

    class Branches(Flow):
        @flow.branch("route", cases={"case": Case, "other": Other}, timeout=1, retries=2)
        async def route(self, log):
            if flow.current().attempt == 1:
                await swallow()
                await asyncio.sleep(0.3)
                return "other"
            await asyncio.sleep(0.4)
            if flow.current().attempt == 2:
                raise Boom
            return "case"

    log = Log()
    assert stepping.run(Branches().run({"log": [log]}))["chosen"] == "case"
    assert log.lines == ["case"]


def test_a_callback_that_ends_late_stops_nothing_gets_no_checkpoint_and_is_the_last_one_called() -> None:
    log = Log()

    class Inside(Flow):
        @flow.step("first")
        async def first(self):
            return {"first": 1}

        @flow.step("next")
        def next(self, log):
            log[0]("next")

        async def on_step_complete(self, event: StepEvent) -> None:
            log(f"told of {event.step_name}")
            await swallow()
            event.stop_pipeline()
            try:
                log(event.checkpoint)
            except CheckpointError as error:
                log(str(error)[:71])
            raise Boom

    async def on_step_complete(event: StepEvent) -> None:
        assert event.step_name != "work/first"

    run_timed(Inside, log, on_step_complete=on_step_complete)
    assert log.lines == [
        "told of first",
        'flow Timed: the attempt in which step "work/first" was completed was gi',
        "given up",
    ]


def test_a_stop_that_was_asked_for_in_an_attempt_that_was_then_given_up_stops_nothing() -> None:
    log = Log()

    class Inside(Flow):
        @flow.step("first")
        async def first(self):
            return {"first": 1}

        @flow.step("second")
        async def second(self):
            return {"second": 2}

    class Timed(Flow):
        work = flow.subflow("work", Inside, timeout=1, retries=1)

    async def on_step_complete(event: StepEvent) -> None:
        log(event.step_name)
        if event.step_name == "work/first":
            event.stop_pipeline()
            await asyncio.sleep(100)

    assert stepping.run(Timed().run(on_step_complete=on_step_complete)) == {"first": 1, "second": 2}
    assert log.lines == ["work/first", "work/second", "work"]


def test_an_event_that_was_kept_from_an_attempt_that_was_given_up_still_shows_its_context() -> None:
    kept: list[StepEvent] = []

    class Inside(Flow):
        @flow.step("first")
        async def first(self):
            return {"first": 1}

    class Timed(Flow):
        work = flow.subflow("work", Inside, timeout=1)

    async def on_step_complete(event: StepEvent) -> None:
        kept.append(event)
        await asyncio.sleep(100)

    with pytest.raises(StepTimeoutError):
        stepping.run(Timed().run({"a": 0}, on_step_complete=on_step_complete))
    assert kept[0].context == {"a": 0, "first": 1}
    with pytest.raises(CheckpointError, match="the attempt in which step .work/first. was completed was given up"):
        _ = kept[0].checkpoint
    kept[0].stop_pipeline()  # too late for everything


# Groups


def test_when_a_member_fails_the_others_start_no_further_step() -> None:
    log = Log()

    class Stubborn(Flow):
        @flow.step("one")
        async def one(self):
            await swallow()
            return {"one": 1}

        @flow.step("two")
        def two(self, log):
            log[0]("two")

    class InThread(Flow):
        @flow.step("one")
        def one(self, log):
            log[0].event.wait(stepping.PATIENCE)
            log[0]("thread ended")

        @flow.step("two")
        def two(self, log):
            log[0]("two")

    class Group(Flow):
        group = flow.parallel("group")
        stubborn = group.subflow(Stubborn)
        in_thread = group.subflow(InThread)

        @group.step
        async def failing(self, log):
            asyncio.get_running_loop().call_later(0, log[0].event.set)
            raise Boom

    log.event = threading.Event()  # type: ignore[attr-defined]
    events: list[str] = []
    with pytest.raises(Boom):
        stepping.run(Group().run({"log": [log]}, on_step_complete=lambda event: events.append(event.step_name)))
    assert log.lines == ["thread ended"]  # it was waited for
    assert events == []
    assert stepping.no_threads_are_left()
