"""Timeouts: each attempt has its own, whatever the step does with it. The time of the event loop is virtual.

What must hold "soon" is checked by the order of events: a step that hangs is let go only after the run has returned.
"""

from __future__ import annotations

import asyncio
import logging
import subprocess
import sys
import threading
from collections.abc import Callable
from typing import Any

import pytest
import stepping

from stepkit import Flow, flow
from stepkit.errors import StepTimeoutError

WENT_ON = "its attempt was cancelled and went on; it was given up, and what it still does is dropped"


class Boom(Exception):
    pass


class Outside:
    """What a step has to do with: a place to hang, and a note of what it did when."""

    def __init__(self) -> None:
        self.hang = stepping.Hang()
        self.notes: list[str] = []


# Twelve behaviours of a step under timeout=1.


async def returns(outside: Outside) -> Any:
    await asyncio.sleep(0.9)
    return {"x": 1}


async def raises(outside: Outside) -> Any:
    await asyncio.sleep(0.9)
    raise Boom


async def raises_a_timeout_error_of_its_own(outside: Outside) -> Any:
    async with asyncio.timeout(0.5):
        await asyncio.sleep(10)


async def hangs(outside: Outside) -> Any:
    await asyncio.get_running_loop().create_future()


async def cleans_up_at_once(outside: Outside) -> Any:
    try:
        await asyncio.sleep(10)
    finally:
        await asyncio.sleep(0.01)
        outside.notes.append("cleaned up")


async def cleans_up_for_long(outside: Outside) -> Any:
    try:
        await asyncio.sleep(10)
    finally:
        await asyncio.sleep(0.2)
        outside.notes.append("cleaned up")


async def fails_when_cancelled(outside: Outside) -> Any:
    try:
        await asyncio.sleep(10)
    except asyncio.CancelledError:
        raise Boom("while it was cancelled") from None


async def swallows_the_cancellation(outside: Outside) -> Any:
    try:
        await asyncio.sleep(10)
    except asyncio.CancelledError:
        pass
    return {"x": "late"}


async def never_ends(outside: Outside) -> Any:
    for _ in range(20):
        try:
            await asyncio.sleep(0.5)
        except asyncio.CancelledError:
            outside.notes.append("cancelled")
    return {"x": "late"}


def returns_at_once(outside: Outside) -> Any:
    return {"x": 1}


def raises_at_once(outside: Outside) -> Any:
    raise TimeoutError("its own")


def blocks_and_returns(outside: Outside) -> Any:
    outside.hang.here()
    outside.notes.append("went on")
    return {"x": "late"}


def blocks_and_raises(outside: Outside) -> Any:
    outside.hang.here()
    outside.notes.append("went on")
    raise Boom("late")


BEHAVIOURS: dict[Callable[[Outside], Any], tuple[object, list[str]]] = {
    returns: ({"x": 1}, []),
    raises: (Boom, []),
    raises_a_timeout_error_of_its_own: (TimeoutError, []),
    hangs: (StepTimeoutError, []),
    cleans_up_at_once: (StepTimeoutError, []),
    cleans_up_for_long: (StepTimeoutError, [WENT_ON]),
    fails_when_cancelled: (StepTimeoutError, []),
    swallows_the_cancellation: (StepTimeoutError, [WENT_ON]),
    never_ends: (StepTimeoutError, [WENT_ON]),
    returns_at_once: ({"x": 1}, []),
    raises_at_once: (TimeoutError, []),
    blocks_and_returns: (StepTimeoutError, []),
    blocks_and_raises: (StepTimeoutError, []),
}
"""Each with what the run gives, a context or the type of an error, and what is reported."""


def as_step(behave: Callable[[Outside], Any], **options: Any) -> type[Flow]:
    if asyncio.iscoroutinefunction(behave):

        class Async(Flow):
            @flow.step("work", timeout=1, **options)
            async def work(self, outside):
                return await behave(outside[0])

        return Async

    class Sync(Flow):
        @flow.step("work", timeout=1, **options)
        def work(self, outside):
            return behave(outside[0])

    return Sync


def as_transform(behave: Callable[[Outside], Any], **options: Any) -> type[Flow]:
    if asyncio.iscoroutinefunction(behave):

        class Async(Flow):
            @flow.transform("work", timeout=1, **options)
            async def work(self, outside):
                return await behave(outside[0])

        return Async

    class Sync(Flow):
        @flow.transform("work", timeout=1, **options)
        def work(self, outside):
            return behave(outside[0])

    return Sync


def inner(behave: Callable[[Outside], Any]) -> type[Flow]:
    """A flow whose second step behaves so, without a timeout of its own."""
    if asyncio.iscoroutinefunction(behave):

        class Async(Flow):
            @flow.step("before")
            def before(self):
                return {}

            @flow.step("work")
            async def work(self, outside):
                return await behave(outside[0])

            @flow.step("after")
            def after(self, outside):
                outside[0].notes.append("AFTER")

        return Async

    class Sync(Flow):
        @flow.step("before")
        def before(self):
            return {}

        @flow.step("work")
        def work(self, outside):
            return behave(outside[0])

        @flow.step("after")
        def after(self, outside):
            outside[0].notes.append("AFTER")

    return Sync


def as_nested_flow(behave: Callable[[Outside], Any], **options: Any) -> type[Flow]:
    class Around(Flow):
        work = flow.subflow("work", inner(behave), timeout=1, **options)

    return Around


def as_branch(behave: Callable[[Outside], Any], **options: Any) -> type[Flow]:
    class Around(Flow):
        @flow.branch("work", cases={"case": inner(behave)}, timeout=1, **options)
        def work(self):
            return "case"

    return Around


def as_route(behave: Callable[[Outside], Any], **options: Any) -> type[Flow]:
    class Gives(Flow):
        @flow.step("give")
        def give(self):
            return {"x": 1}

    if asyncio.iscoroutinefunction(behave):

        class Async(Flow):
            @flow.branch("work", cases={"case": Gives}, timeout=1, **options)
            async def work(self, outside):
                await behave(outside[0])
                return "case"

        return Async

    class Sync(Flow):
        @flow.branch("work", cases={"case": Gives}, timeout=1, **options)
        def work(self, outside):
            behave(outside[0])
            return "case"

    return Sync


def as_group(behave: Callable[[Outside], Any], **options: Any) -> type[Flow]:
    class Around(Flow):
        work = flow.parallel("work", timeout=1, **options)
        member = work.subflow(inner(behave))

        @work.step
        async def beside(self):
            return {"beside": True}

    return Around


SHAPES = [as_step, as_transform, as_nested_flow, as_branch, as_route, as_group]


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
