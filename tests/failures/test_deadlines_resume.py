"""The deadline of a whole run over a resume: the checkpoint keeps it, and a new one takes its place."""

from __future__ import annotations

import asyncio
import json
import math
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flows_in_time import Sleeps, Stops, checkpoint_of

from stepkit.errors import ResumeDeadlineError, ResumeRefusedError, RunDeadlineError


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
