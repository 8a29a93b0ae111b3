"""A deadline and sync steps: they end, and what then may still begin."""

from __future__ import annotations

import asyncio
import threading
import time
from typing import Any

import pytest

from stepkit import Flow, flow
from stepkit.errors import ResumeDeadlineError, RunDeadlineError


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
