"""The deadline of a whole run: its forms, no policy survives it, and others that end the run at the same time."""

from __future__ import annotations

import asyncio
import json
import math
import time
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
import stepping
from flows_in_time import FORMS, Hangs, Sleeps, Stops, checkpoint_of, in_seconds

from stepkit import Flow, LogConfig, deserialize_checkpoint, flow
from stepkit.errors import FlowInputError, ResumeDeadlineError, RunDeadlineError


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
    ("value", "part"),
    [(math.nan, "is no number"), (time.time() + 60, "looks like a time in seconds since 1970")],
    ids=["nan", "since 1970"],
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


@pytest.mark.parametrize("late", LATE, ids=lambda late: type(late).__name__)
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
