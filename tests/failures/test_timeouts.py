"""Timeouts: each attempt has its own, whatever the step does with it. The time of the event loop is virtual.

What must hold "soon" is checked by the order of events: a step that hangs is let go only after the run has returned.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any

import pytest
import stepping
from boom import Boom
from timed_steps import (
    BEHAVIOURS,
    SHAPES,
    WENT_ON,
    Outside,
    as_branch,
    as_group,
    as_nested_flow,
    as_step,
    blocks_and_returns,
    cleans_up_at_once,
    fails_when_cancelled,
    hangs,
    inner,
    never_ends,
    swallows_the_cancellation,
)

from stepkit import Flow, flow
from stepkit.errors import StepTimeoutError


class Case:
    """One run of a behaviour in a shape: what came out, and what was reported."""

    def __init__(self, make: type[Flow], outside: Outside, caplog: pytest.LogCaptureFixture) -> None:
        self.result: object = None
        self.error: BaseException | None = None
        self.events: list[str] = []
        self.late_events: list[str] = []

        async def work() -> None:
            loop = asyncio.get_running_loop()
            try:
                self.result = await make().run(
                    {"outside": [outside]}, on_step_complete=lambda event: self.events.append(event.step_name)
                )
            except Exception as error:
                self.error = error
            self.took = loop.time()
            outside.notes.append("returned")
            before = len(self.events)
            outside.hang.release()
            await asyncio.sleep(20)  # whatever is still under way has its time
            self.late_events = self.events[before:]

        with caplog.at_level(logging.WARNING, "stepkit"):
            stepping.run(work(), outside.hang)
        self.reported = [record.getMessage() for record in caplog.records]


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("behave", BEHAVIOURS, ids=lambda behave: behave.__name__)
def test_a_timeout_ends_an_attempt_whatever_the_step_does(
    shape: Callable[..., type[Flow]], behave: Callable[[Outside], Any], caplog: pytest.LogCaptureFixture
) -> None:
    expected, reports = BEHAVIOURS[behave]
    make, outside = shape(behave), Outside()
    case = Case(make, outside, caplog)
    if isinstance(expected, type):
        assert type(case.error) is expected
        assert case.result is None
    else:
        assert case.error is None
        assert {"x": 1}.items() <= case.result.items()  # type: ignore[attr-defined]
    assert case.reported == [f"flow {make.__name__}: work: {report}" for report in reports]
    if expected is StepTimeoutError:
        assert 1.0 <= case.took < 1.1
        assert "AFTER" not in outside.notes  # no step starts in an attempt that was given up
        if "went on" in outside.notes:
            assert outside.notes == ["returned", "went on"]
    else:
        assert case.took < 1.0
    assert case.late_events == []


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize(
    "behave", [hangs, swallows_the_cancellation, never_ends, blocks_and_returns], ids=lambda b: b.__name__
)
def test_a_late_result_is_dropped_where_the_run_goes_on(
    shape: Callable[..., type[Flow]], behave: Callable[[Outside], Any], caplog: pytest.LogCaptureFixture
) -> None:
    class Goes(shape(behave, on_error="continue")):  # type: ignore[misc]
        @flow.step("wait")
        async def wait(self, outside):
            outside[0].hang.release()
            await asyncio.sleep(20)
            return {"waited": True}

    outside = Outside()
    case = Case(Goes, outside, caplog)
    assert case.error is None
    assert {key: value for key, value in case.result.items() if key != "outside"} == {"waited": True}  # type: ignore[attr-defined]
    started_before = {
        as_nested_flow: ["work/before"],
        as_branch: ["work/case/before"],
        as_group: ["work/beside", "work/member/before"],
    }
    assert sorted(case.events) == sorted([*started_before.get(shape, []), "wait"])


def test_every_attempt_has_the_whole_timeout() -> None:
    times: list[float] = []

    class Slow(Flow):
        @flow.step("work", timeout=2, retries=2, retry_delay=1)
        async def work(self):
            times.append(asyncio.get_running_loop().time())
            await asyncio.sleep(1.9 if flow.current().attempt == 3 else 100)
            return {"attempt": flow.current().attempt}

    assert stepping.run(Slow().run()) == {"attempt": 3}
    assert times == [0.0, 3.0, 6.0]


def test_the_error_is_a_timeout_error_that_says_which_attempt_of_what() -> None:
    class Slow(Flow):
        @flow.step("work", timeout=0.25, retries=1)
        async def work(self):
            await asyncio.sleep(100)

    class Around(Flow):
        inner = flow.subflow("inner", Slow)

    with pytest.raises(TimeoutError) as caught:
        stepping.run(Around().run())
    error = caught.value
    assert isinstance(error, StepTimeoutError)
    assert (error.flow, error.step, error.timeout, error.attempt) == ("Around", "inner/work", 0.25, 2)
    assert str(error) == (
        'flow Around: step "inner/work" took longer than its timeout of 0.25 s (attempt 2); the attempt was given up'
    )


@pytest.mark.in_one_piece
def test_what_a_step_raises_when_it_is_cancelled_is_the_cause_of_the_timeout_error() -> None:
    with pytest.raises(StepTimeoutError) as caught:
        stepping.run(as_step(fails_when_cancelled)().run({"outside": [Outside()]}))
    assert repr(caught.value.__cause__) == "Boom('while it was cancelled')"


def test_a_timeout_of_a_step_inside_is_not_the_timeout_of_the_container() -> None:
    class Inner(Flow):
        @flow.step("work", timeout=1, on_error="continue")
        async def work(self):
            await asyncio.sleep(100)

        @flow.step("after")
        def after(self):
            return {"after": True}

    class Around(Flow):
        inner = flow.subflow("inner", Inner, timeout=2)

    told: list[tuple[str, Exception]] = []
    assert stepping.run(Around().run(on_step_error=lambda step, error: told.append((step, error)))) == {"after": True}
    assert [(step, error.step) for step, error in told] == [("inner/work", "inner/work")]  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "behave",
    [hangs, cleans_up_at_once, swallows_the_cancellation, never_ends, blocks_and_returns],
    ids=lambda behave: behave.__name__,
)
def test_the_outer_of_two_timeouts_ends_what_the_inner_would_have_let_run(
    behave: Callable[[Outside], Any], caplog: pytest.LogCaptureFixture
) -> None:
    class Middle(Flow):
        deep = flow.subflow("deep", inner(behave), timeout=50)

    class Around(Flow):
        middle = flow.subflow("middle", Middle, timeout=1)

    outside = Outside()
    case = Case(Around, outside, caplog)
    assert isinstance(case.error, StepTimeoutError)
    assert case.error.step == "middle"
    assert 1.0 <= case.took < 1.1
    went_on = behave in (swallows_the_cancellation, never_ends)
    assert case.reported == ([f"flow Around: middle: {WENT_ON}"] if went_on else [])
    assert "AFTER" not in outside.notes


def test_a_timeout_ends_a_group_that_waits_for_a_member_after_another_has_failed(
    caplog: pytest.LogCaptureFixture,
) -> None:
    class Around(Flow):
        work = flow.parallel("work", timeout=1)

        @work.step
        async def failing(self):
            raise Boom

        @work.step
        def blocking(self, outside):
            outside[0].hang.here()

    case = Case(Around, Outside(), caplog)
    assert isinstance(case.error, StepTimeoutError)
    assert case.took == 1.0
    assert case.reported == []


def test_the_log_reports_an_attempt_that_went_on() -> None:
    lines: list[str] = []

    class Swallowing(Flow):
        @flow.step("work", timeout=1, on_error="continue")
        async def work(self):
            try:
                await asyncio.sleep(100)
            except asyncio.CancelledError:
                return {"x": 1}

    from stepkit import LogConfig

    config = LogConfig(log_fn=lines.append, error_fn=lines.append, emoji=False)
    assert stepping.run(Swallowing().run(log=config)) == {}
    assert f"Warning: work: {WENT_ON}" in lines
