"""The deadline of a whole run: a resume keeps it, no policy survives it, and what was done before it stays done."""

from __future__ import annotations

import asyncio
import json
import logging
import math
import threading
import time
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
import stepping

from stepkit import Flow, LogConfig, deserialize_checkpoint, flow
from stepkit.errors import FlowInputError, ResumeDeadlineError, ResumeRefusedError, RunDeadlineError, StepTimeoutError

FORMS = ["seconds", "timedelta", "datetime"]


def in_seconds(form: str, seconds: float) -> Any:
    if form == "datetime":
        return datetime.now(timezone(timedelta(hours=2))) + timedelta(seconds=seconds)
    return timedelta(seconds=seconds) if form == "timedelta" else seconds


class Hangs(Flow):
    @flow.step("first")
    def first(self):
        return {"n": 1}

    @flow.step("hang", retries=3, on_error="continue")
    async def hang(self):
        await asyncio.Event().wait()

    @flow.step("last")
    def last(self, n):
        return {"n": n + 1}


@pytest.mark.parametrize("form", FORMS)
def test_the_step_in_progress_is_given_up_and_no_policy_survives_it(form: str) -> None:
    failed: list[str] = []
    done: list[str] = []

    async def main() -> None:
        with pytest.raises(RunDeadlineError) as caught:
            await Hangs().run(
                deadline=in_seconds(form, 5),
                run_id="r-1",
                on_step_error=lambda step, error: failed.append(step),
                on_step_complete=lambda event: done.append(event.step_name),
            )
        error = caught.value
        assert (error.flow, error.step, error.run_id) == ("Hangs", "hang", "r-1")
        assert error.deadline.tzinfo is UTC
        assert "flow Hangs: the deadline of run r-1 (" in str(error)
        assert 'passed in step "hang", which was given up' in str(error)
        assert isinstance(error, TimeoutError)
        assert asyncio.get_running_loop().time() == pytest.approx(5, abs=0.2)

    stepping.run(main())
    assert failed == []
    assert done == ["first"]


class Sleeps(Flow):
    def __init__(self, seconds: float = 0.0) -> None:
        self.seconds = seconds

    @flow.step("first")
    def first(self):
        return {"n": 1}

    @flow.step("sleep")
    async def sleep(self, n):
        await asyncio.sleep(self.seconds)
        return {"n": n + 1}


@pytest.mark.parametrize("form", FORMS)
def test_all_four_forms_take_one(form: str) -> None:
    start = Sleeps.start_checkpoint()
    late = Sleeps(60)
    for sync in (True, False):
        with pytest.raises(RunDeadlineError):
            late.run_sync(deadline=in_seconds(form, 0.2)) if sync else asyncio.run(
                late.run(deadline=in_seconds(form, 0.2))
            )
        with pytest.raises(RunDeadlineError):
            late.run_checkpoint_sync(start, deadline=in_seconds(form, 0.2)) if sync else asyncio.run(
                late.run_checkpoint(start, deadline=in_seconds(form, 0.2))
            )
    in_time = in_seconds(form, 60)
    assert Sleeps().run_sync(deadline=in_time) == {"n": 2}
    assert asyncio.run(Sleeps().run(deadline=in_time)) == {"n": 2}
    assert Sleeps().run_checkpoint_sync(start, deadline=in_time) == {"n": 2}
    assert asyncio.run(Sleeps().run_checkpoint(start, deadline=in_time)) == {"n": 2}


@pytest.mark.parametrize("value", ["5", True, None.__class__, [1]])
def test_what_is_no_time_is_refused(value: Any) -> None:
    with pytest.raises(
        TypeError, match="deadline is a number of seconds from now, a timedelta, or a datetime with a time"
    ):
        Sleeps().run_sync(deadline=value)


@pytest.mark.parametrize(
    ("value", "part"), [(math.nan, "is no number"), (time.time() + 60, "looks like a time in seconds since 1970")]
)
def test_a_time_that_makes_no_sense_is_refused(value: Any, part: str) -> None:
    with pytest.raises(ValueError, match=f"deadline is a number of seconds from now.*{part}"):
        Sleeps().run_sync(deadline=value)


def test_a_datetime_without_a_time_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="this one has none"):
        Sleeps().run_sync(deadline=datetime(2100, 1, 1))  # noqa: DTZ001


@pytest.mark.parametrize("value", [math.inf, timedelta.max, 1e300, 10**400], ids=["inf", "max", "1e300", "int"])
def test_infinity_is_no_deadline(value: Any) -> None:
    assert "deadline" not in json.loads(Sleeps.start_checkpoint(deadline=value))["flow"]
    assert Sleeps().run_sync(deadline=value) == {"n": 2}


LATE = [
    *(0, -1, -(10**400), -math.inf, timedelta(seconds=-1), timedelta.min, datetime.now(UTC) - timedelta(days=1)),
    *(datetime(1960, 1, 1, tzinfo=UTC), datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=14)))),
]
"""What has passed, too: what is left is below 0 where a worker comes late."""


@pytest.mark.parametrize("late", LATE, ids=lambda late: str(late)[:20])
def test_a_checkpoint_whose_deadline_has_passed_says_so(late: Any) -> None:
    checkpoint = Sleeps.start_checkpoint(deadline=late)
    assert isinstance(Sleeps.check(checkpoint), ResumeDeadlineError)
    assert isinstance(Sleeps.check(Sleeps.start_checkpoint(), deadline=late), ResumeDeadlineError)


def test_a_run_that_begins_too_late_runs_nothing() -> None:
    seen: list[str] = []
    for late in LATE:
        with pytest.raises(RunDeadlineError, match="has passed before the run began") as caught:
            Sleeps().run_sync(deadline=late, on_step_start=lambda event: seen.append(event.step_name))
        assert caught.value.step == ""
    assert seen == []


# -- over a resume ---------------------------------------------------------------------------------------------------


class Stops(Flow):
    def __init__(self) -> None:
        self.ran: list[str] = []

    @flow.step("one")
    def one(self):
        self.ran.append("one")
        return {"n": 1}

    @flow.step("two")
    def two(self, n):
        self.ran.append("two")
        return {"n": n + 1}


def checkpoint_of(deadline: Any, flow: Flow | None = None) -> str:
    taken: list[str] = []

    def stop(event: Any) -> None:
        taken.append(event.checkpoint)
        event.stop_pipeline()

    (flow or Stops()).run_sync(deadline=deadline, on_step_complete=stop)
    return taken[0]


def test_the_checkpoint_keeps_it_as_a_time_that_other_readers_ignore() -> None:
    before = time.time()
    checkpoint = checkpoint_of(100)
    document = json.loads(checkpoint)
    assert list(document) == ["stepName", "output", "flow"]
    assert before + 100 <= document["flow"]["deadline"] <= time.time() + 100
    read = deserialize_checkpoint(checkpoint).flow
    assert read is not None
    assert read.deadline == document["flow"]["deadline"]
    at = datetime(2100, 1, 1, tzinfo=UTC)
    assert json.loads(checkpoint_of(at))["flow"]["deadline"] == at.timestamp()
    assert "deadline" not in json.loads(checkpoint_of(None))["flow"]


def passed(checkpoint: str) -> str:
    """The checkpoint as it would be if its deadline had passed by now."""
    document = json.loads(checkpoint)
    document["flow"]["deadline"] = time.time() - 1
    return json.dumps(document, separators=(",", ":"))


def test_a_resume_after_it_is_refused_before_a_step_ran_and_a_new_one_lets_it_go_on() -> None:
    late = passed(checkpoint_of(100))
    stops = Stops()
    for resume in (stops.run_checkpoint_sync, lambda given: asyncio.run(stops.run_checkpoint(given))):
        with pytest.raises(ResumeDeadlineError, match='has passed, so it does not go on after step "one"') as caught:
            resume(late)
    assert isinstance(caught.value, RunDeadlineError)
    assert isinstance(caught.value, ResumeRefusedError)
    assert stops.ran == []
    found = Stops.check(late)
    assert isinstance(found, ResumeDeadlineError)
    assert Stops.check(late, deadline=10) is None
    assert Stops.load(late) == {"n": 1}
    for new in (10, datetime.now(UTC) + timedelta(hours=1), math.inf):
        assert Stops().run_checkpoint_sync(late, deadline=new) == {"n": 2}
    with pytest.raises(ResumeDeadlineError):
        Stops().run_checkpoint_sync(checkpoint_of(100), deadline=datetime.now(UTC) - timedelta(seconds=1))


def test_a_resumed_run_hands_it_on() -> None:
    first = checkpoint_of(100)
    at = json.loads(first)["flow"]["deadline"]
    taken: list[str] = []
    Stops().run_checkpoint_sync(first, on_step_complete=lambda event: taken.append(event.checkpoint))
    assert json.loads(taken[0])["flow"]["deadline"] == at
    Stops().run_checkpoint_sync(first, deadline=math.inf, on_step_complete=lambda event: taken.append(event.checkpoint))
    assert "deadline" not in json.loads(taken[1])["flow"]


def test_a_run_that_was_saved_before_it_began_has_it() -> None:
    start = Stops.start_checkpoint(deadline=timedelta(days=1))
    assert Stops().run_checkpoint_sync(start) == {"n": 2}
    with pytest.raises(ResumeDeadlineError, match="has passed before the run began"):
        Stops().run_checkpoint_sync(passed(start))


@pytest.mark.parametrize("value", ["2026-01-01", None, True, -1, 10**400, 1e200, {}])
def test_a_deadline_that_is_no_time_is_no_checkpoint(value: Any) -> None:
    document = json.loads(checkpoint_of(100))
    document["flow"]["deadline"] = value
    found = Stops.check(json.dumps(document))
    assert type(found).__name__ == "CheckpointFormatError"


def test_the_checkpoint_before_it_goes_on_with_a_new_one() -> None:
    taken: list[str] = []

    def save(event: Any) -> None:
        taken.append(event.checkpoint)

    with pytest.raises(RunDeadlineError):
        Sleeps(60).run_sync(deadline=0.3, on_step_complete=save)
    assert len(taken) == 1
    assert Sleeps().run_checkpoint_sync(taken[0], deadline=60) == {"n": 2}


# -- sync steps ------------------------------------------------------------------------------------------------------


class Blocks(Flow):
    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.thread: int | None = None

    @flow.step("block", on_error="continue", retries=1)
    def block(self):
        self.thread = threading.get_ident()
        time.sleep(self.seconds)
        return {"n": 1}

    @flow.step("next", on_error="continue")
    def next(self):
        return {"m": 1}


@pytest.mark.parametrize("awaited", [False, True])
def test_a_sync_step_ends_is_told_and_no_other_begins(awaited: bool) -> None:
    done: list[str] = []
    blocks = Blocks(0.35)
    tell = {"on_step_complete": lambda event: done.append(event.step_name), "deadline": 0.3}
    with pytest.raises(RunDeadlineError, match='has passed before step "next"') as caught:
        asyncio.run(blocks.run(**tell)) if awaited else blocks.run_sync(**tell)  # type: ignore[arg-type]
    assert caught.value.step == "next"
    assert done == ["block"]
    assert blocks.thread == threading.get_ident()


def test_a_run_whose_last_step_has_ended_is_complete() -> None:
    class One(Flow):
        @flow.step("block")
        def block(self):
            time.sleep(0.35)
            return {"n": 1}

    assert One().run_sync(deadline=0.3) == {"n": 1}
    assert asyncio.run(One().run(deadline=0.3)) == {"n": 1}


class LateInside(Flow):
    @flow.step("block")
    def block(self):
        time.sleep(0.35)
        return {"n": 1}


class NothingLeft(Flow):
    """After the last step that begins there are such as do not, and the end of what holds it."""

    late = flow.subflow("late", LateInside)
    never = flow.step("never", when=False)(lambda self: {"m": 1})


class NothingAsked(NothingLeft):
    never = flow.step("never", when=lambda n: n > 1)(lambda self: {"m": 1})
    no_branch = flow.branch("no-branch", cases={"late": LateInside}, when=False)(lambda self: "late")


@pytest.mark.parametrize("awaited", [False, True])
@pytest.mark.parametrize("cls", [NothingLeft, NothingAsked])
def test_a_run_after_which_no_step_begins_is_complete(cls: type[Flow], awaited: bool) -> None:
    if awaited:
        assert asyncio.run(cls().run(deadline=0.3)) == {"n": 1}
    else:
        assert cls().run_sync(deadline=0.3) == {"n": 1}


@pytest.mark.parametrize("awaited", [False, True])
def test_a_checkpoint_after_which_no_step_begins_completes_its_run(awaited: bool) -> None:
    saved: list[str] = []
    NothingLeft().run_sync(deadline=0.3, on_step_complete=lambda event: saved.append(event.checkpoint))
    assert len(saved) == 2  # inside and behind the nested flow
    for checkpoint in saved:
        assert NothingLeft.check(checkpoint) is None
        flow_ = NothingLeft()
        resumed = asyncio.run(flow_.run_checkpoint(checkpoint)) if awaited else flow_.run_checkpoint_sync(checkpoint)
        assert resumed == {"n": 1}


def test_a_checkpoint_before_a_condition_is_refused_as_its_step_may_begin() -> None:
    saved: list[str] = []
    NothingAsked().run_sync(deadline=0.3, on_step_complete=lambda event: saved.append(event.checkpoint))
    assert isinstance(NothingAsked.check(saved[-1]), ResumeDeadlineError)


def fail_late() -> None:
    time.sleep(0.35)
    raise OSError("late")


class LateFailure(Flow):
    fail = flow.step("fail")(lambda self: fail_late())


class LateContinues(Flow):
    fail = flow.step("fail", on_error="continue")(lambda self: fail_late())


class LateSkips(Flow):
    fail = flow.step("fail", on_error="skip-remaining")(lambda self: fail_late())


class LateFallsBack(Flow):
    fail = flow.step("fail", on_error=lambda error: pytest.fail("it was called"))(lambda self: fail_late())


class LateInNested(Flow):
    fail = flow.subflow("fail", LateFailure, on_error="continue")


@pytest.mark.parametrize("awaited", [False, True])
@pytest.mark.parametrize("cls", [LateContinues, LateSkips, LateFallsBack, LateInNested])
def test_no_policy_survives_a_sync_step_that_fails_too_late(cls: type[Flow], awaited: bool) -> None:
    told: list[str] = []
    options: Any = {"deadline": 0.3, "on_step_error": lambda step, error: told.append(str(error))}
    with pytest.raises(RunDeadlineError, match='passed in step "fail", which has failed') as caught:
        asyncio.run(cls().run(**options)) if awaited else cls().run_sync(**options)
    assert isinstance(caught.value.__cause__, OSError)
    assert set(told) == {"late"}  # it has failed, which the observers may know


def test_a_sync_step_that_fails_too_late_and_has_no_policy_has_failed() -> None:
    with pytest.raises(OSError, match="late"):
        LateFailure().run_sync(deadline=0.3)


def test_a_step_in_a_thread_is_left_to_itself() -> None:
    hang = threading.Event()

    class Threaded(Flow):
        @flow.step("hang", thread=True, on_error="continue")
        def hang(self):
            assert hang.wait(60)

    try:
        with pytest.raises(RunDeadlineError, match='passed in step "hang"'):
            Threaded().run_sync(deadline=0.3)
    finally:
        hang.set()


# -- policies and containers -----------------------------------------------------------------------------------------


def test_a_delay_does_not_outlast_it() -> None:
    class Retried(Flow):
        @flow.step("try", retries=5, retry_delay=60, on_error="continue")
        async def attempt(self):
            raise ConnectionError("down")

    failed: list[str] = []
    lines: list[str] = []
    log = LogConfig(emoji=False, log_fn=lines.append, error_fn=lines.append, stopwatch=False)
    started = time.monotonic()
    with pytest.raises(RunDeadlineError, match='leaves no time for another attempt of step "try"') as caught:
        Retried().run_sync(deadline=30, on_step_error=lambda step, error: failed.append(step), log=log)
    assert time.monotonic() - started < 10
    assert isinstance(caught.value.__cause__, ConnectionError)
    assert failed == ["try"]
    assert "try failed" in lines
    assert not [line for line in lines if "retrying" in line]


def test_a_timeout_that_comes_first_is_the_steps_own() -> None:
    class Timed(Flow):
        @flow.step("wait", timeout=1)
        async def wait(self):
            await asyncio.sleep(60)

    async def main() -> None:
        with pytest.raises(StepTimeoutError):
            await Timed().run(deadline=5)

    stepping.run(main())


class Inner(Flow):
    @flow.step("before")
    def before(self):
        return {"n": 1}

    @flow.step("hang", on_error="continue", timeout=100)
    async def hang(self):
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            raise ConnectionError("cut off") from None


class Nested(Flow):
    load = flow.subflow("load", Inner, retries=3, on_error="continue", timeout=50)

    @flow.step("after")
    def after(self):
        return {"after": True}


class Routed(Flow):
    @flow.branch("route", cases={"deep": Nested}, on_error="skip-remaining")
    def route(self):
        return "deep"


class Grouped(Flow):
    group = flow.parallel("group", mode="settled", on_error="continue")
    inner = group.subflow(Inner, on_error="continue")

    @group.step("other")
    async def other(self):
        return {"other": 1}

    @flow.step("after")
    def after(self):
        return {"after": True}


@pytest.mark.parametrize(
    ("cls", "path"), [(Inner, "hang"), (Nested, "load/hang"), (Routed, "route/deep/load/hang"), (Grouped, "group")]
)
def test_what_is_inside_of_others_obeys(cls: type[Flow], path: str) -> None:
    failed: list[str] = []

    async def main() -> None:
        with pytest.raises(RunDeadlineError) as caught:
            await cls().run(deadline=5, on_step_error=lambda step, error: failed.append(step))
        assert caught.value.step == path

    stepping.run(main())
    assert failed == []


def test_a_sync_step_inside_of_a_group_ends_it_too() -> None:
    class Late(Flow):
        @flow.step("block")
        def block(self):
            time.sleep(0.35)

        @flow.step("next")
        def next(self):
            return {"n": 1}

    class Around(Flow):
        group = flow.parallel("group", mode="settled", on_error="continue")
        late = group.subflow(Late, on_error="continue")

    with pytest.raises(RunDeadlineError):
        Around().run_sync(deadline=0.3)


def test_a_callback_in_progress_is_ended_with_the_run() -> None:
    async def save(event: Any) -> None:
        await asyncio.Event().wait()

    async def main() -> None:
        with pytest.raises(RunDeadlineError):
            await Sleeps().run(deadline=5, on_step_complete=save)

    stepping.run(main())


def test_a_step_that_goes_on_is_reported_and_left_alone(caplog: pytest.LogCaptureFixture) -> None:
    class Stubborn(Flow):
        @flow.step("stay", on_error="continue")
        async def stay(self):
            while True:
                try:
                    await asyncio.sleep(3600)
                except asyncio.CancelledError:
                    pass

    with pytest.raises(RunDeadlineError):
        Stubborn().run_sync(deadline=0.3)
    assert [record.message for record in caplog.records] == [
        "flow Stubborn: stay: its attempt was cancelled and went on; it was given up, and what it still does is dropped"
    ]


# -- others that end a run -------------------------------------------------------------------------------------------


def test_who_cancels_the_run_knows_it_as_its_own() -> None:
    async def main() -> None:
        task = asyncio.ensure_future(Hangs().run(deadline=50))
        await asyncio.sleep(1)
        task.cancel("enough")
        with pytest.raises(asyncio.CancelledError, match="enough"):
            await task
        with pytest.raises(TimeoutError) as caught:
            async with asyncio.timeout(1):
                await Hangs().run(deadline=50)
        assert not isinstance(caught.value, RunDeadlineError)

    stepping.run(main())


def test_a_flow_that_a_step_runs_has_its_own() -> None:
    class Outer(Flow):
        @flow.step("inner", on_error="continue")
        async def inner(self):
            return await Hangs().run(deadline=2)

        @flow.step("after")
        def after(self):
            return {"after": True}

    assert stepping.run(Outer().run(deadline=50)) == {"after": True}


def test_the_input_is_looked_at_first() -> None:
    with pytest.raises(FlowInputError):
        Sleeps().run_sync(5, deadline=0)  # type: ignore[arg-type]


def test_the_log_says_how_the_run_ended() -> None:
    lines: list[str] = []
    log = LogConfig(emoji=False, log_fn=lines.append, error_fn=lines.append)
    with pytest.raises(RunDeadlineError):
        Sleeps(60).run_sync(deadline=0.3, log=log)
    assert lines[-1] == "Pipeline ended by its deadline at: sleep"


@pytest.mark.parametrize("stopwatch", [False, True])
def test_the_log_of_a_run_that_was_saved_before_it_began_says_that_it_starts(stopwatch: bool) -> None:
    lines: list[str] = []
    log = LogConfig(emoji=False, log_fn=lines.append, error_fn=lines.append, stopwatch=stopwatch)
    Stops().run_checkpoint_sync(Stops.start_checkpoint(), log=log)
    assert lines[0] == "Starting pipeline"
    assert not [line for line in lines if "Resum" in line]


# -- the grace of an attempt that was cancelled ----------------------------------------------------------------------


def test_a_cleanup_of_a_few_turns_is_in_time_on_a_busy_loop(caplog: pytest.LogCaptureFixture) -> None:
    class Slow(Flow):
        @flow.step("wait", timeout=0.01, on_error="continue")
        async def wait(self):
            try:
                await asyncio.sleep(60)
            finally:
                for _ in range(5):  # as httpx closes its sockets
                    await asyncio.sleep(0)

    async def busy() -> None:
        while True:
            time.sleep(0.06)
            await asyncio.sleep(0)

    async def main() -> None:
        task = asyncio.ensure_future(busy())
        await Slow().run()
        task.cancel()

    with caplog.at_level(logging.WARNING):
        asyncio.run(main())
    assert caplog.records == []


def test_a_step_that_goes_on_after_it_leaves_no_complaint_behind() -> None:
    class Stubborn(Flow):
        @flow.step("stubborn")
        async def stubborn(self):
            for _ in range(4):
                try:
                    await asyncio.sleep(0.2)
                except asyncio.CancelledError:
                    pass

    complaints: list[Any] = []

    async def main(**limit: Any) -> None:
        asyncio.get_running_loop().set_exception_handler(lambda loop, context: complaints.append(context))
        with pytest.raises(TimeoutError):
            await limit.get("flow", Stubborn)().run(deadline=limit.get("deadline"))

    class Timed(Stubborn):
        @flow.step("stubborn", timeout=0.1)
        async def stubborn(self):
            await Stubborn().stubborn()
            raise ValueError

    asyncio.run(main(deadline=0.1))
    asyncio.run(main(flow=Timed))
    assert not complaints
