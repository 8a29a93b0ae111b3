"""When a step is tried again, who is told, and what each attempt reads. Time is virtual."""

from __future__ import annotations

import asyncio
import math
from typing import Any

import pytest
import stepping
from boom import Boom

from stepkit import Flow, LogConfig, flow
from stepkit.errors import (
    RunCancelledError,
)

# When


async def times_of(owner: Flow) -> list[float]:
    """The times at which the steps of a flow called ``self.tick``."""
    loop = asyncio.get_running_loop()
    times: list[float] = []
    owner.tick = lambda: times.append(loop.time())  # type: ignore[attr-defined]
    try:
        await owner.run()
    except Boom:
        pass
    return times


def test_a_delay_in_seconds_lies_between_two_attempts_and_not_behind_the_last() -> None:
    class Trying(Flow):
        @flow.step("try", retries=2, retry_delay=1.5, on_error="continue")
        async def trying(self):
            self.tick()  # type: ignore[attr-defined]
            raise Boom

        @flow.step("after")
        def after(self):
            self.tick()  # type: ignore[attr-defined]

    assert stepping.run(times_of(Trying())) == [0.0, 1.5, 3.0, 3.0]


def test_a_delay_may_be_a_function_of_the_attempt_and_its_error() -> None:
    asked: list[tuple[int, str]] = []

    def backoff(attempt: int, error: Exception) -> float:
        asked.append((attempt, str(error)))
        return 2.0**attempt

    class Trying(Flow):
        @flow.step("try", retries=3, retry_delay=backoff)
        async def trying(self):
            self.tick()  # type: ignore[attr-defined]
            raise Boom(f"attempt {flow.current().attempt}")

    assert stepping.run(times_of(Trying())) == [0.0, 2.0, 6.0, 14.0]
    assert asked == [(1, "attempt 1"), (2, "attempt 2"), (3, "attempt 3")]


@pytest.mark.parametrize("seconds", [-1, math.nan, math.inf, "1", None, True, object()])
def test_a_delay_that_is_no_number_of_seconds_is_said_so(seconds: Any) -> None:
    class Trying(Flow):
        @flow.step("try", retries=3, retry_delay=lambda attempt, error: seconds)
        def trying(self):
            raise Boom("the step's own")

    with pytest.raises(
        ValueError, match="retry_delay returned .*; it returns a finite number of seconds from 0"
    ) as caught:
        Trying().run_sync()
    assert repr(caught.value.__cause__) == repr(Boom("the step's own"))


async def later(*arguments: object) -> bool:
    return True


@pytest.mark.parametrize("option", ["should_retry", "retry_delay"])
def test_an_async_rule_is_said_to_be_a_mistake_and_leaves_no_coroutine_behind(option: str) -> None:
    class Trying(Flow):
        @flow.step("try", retries=3, **{option: lambda *arguments: later(*arguments)})
        def trying(self):
            raise Boom

    with pytest.raises(
        TypeError, match=f"{option} returned an awaitable; it is an ordinary function, not an async one"
    ):
        stepping.run(Trying().run())


@pytest.mark.parametrize("option", ["should_retry", "retry_delay"])
def test_a_rule_that_raises_is_the_failure_of_the_step_and_shows_what_came_before(option: str) -> None:
    def broken(*arguments: object) -> Any:
        raise LookupError("in the rule")

    class Trying(Flow):
        @flow.step("try", retries=3, **{option: broken}, on_error="continue")
        def trying(self):
            raise Boom

        @flow.step("after")
        def after(self):
            return {"after": True}

    told: list[Exception] = []
    assert stepping.run(Trying().run(on_step_error=lambda step, error: told.append(error))) == {"after": True}
    assert [repr(error) for error in told] == ["LookupError('in the rule')"]
    assert isinstance(told[0].__context__, Boom)


def test_a_sync_run_is_cancelled_between_two_attempts() -> None:
    class Trying(Flow):
        cancelled = False

        def is_set(self) -> bool:
            return self.cancelled

        @flow.step("try", retries=5, on_error="continue")
        def trying(self):
            self.cancelled = True
            assert flow.current().attempt == 1
            raise Boom

    owner = Trying()
    with pytest.raises(RunCancelledError, match='the run was cancelled before step "try"'):
        owner.run_sync(cancel=owner)


# Who is told


@pytest.mark.parametrize("on_error", ["raise", "continue", "skip-remaining"])
def test_on_step_error_is_told_of_each_failed_attempt_and_current_says_which(on_error: Any) -> None:
    told: list[tuple[str, str, int]] = []

    class Trying(Flow):
        @flow.step("try", retries=2, on_error=on_error)
        def trying(self):
            raise Boom(f"attempt {flow.current().attempt}")

        def on_step_error(self, step: str, error: Exception) -> None:
            told.append((step, str(error), flow.current().attempt))

    try:
        Trying().run_sync()
    except Boom:
        assert on_error == "raise"
    assert told == [("try", "attempt 1", 1), ("try", "attempt 2", 2), ("try", "attempt 3", 3)]


def test_the_log_says_each_attempt() -> None:
    lines: list[str] = []

    class Trying(Flow):
        @flow.step("try", retries=2, retry_delay=0.25)
        async def trying(self):
            raise Boom(f"attempt {flow.current().attempt}")

    config = LogConfig(log_fn=lines.append, error_fn=lines.append, emoji=False)
    with pytest.raises(Boom):
        stepping.run(Trying().run(log=config))
    assert [line for line in lines if "attempt" in line] == [
        "try attempt 1 of 3 failed, retrying in 250ms: Boom: attempt 1",
        "try attempt 2 of 3 failed, retrying in 250ms: Boom: attempt 2",
        "   Error: Boom: attempt 3",
    ]


# What an attempt reads


def test_each_attempt_reads_what_was_there_before_the_first() -> None:
    seen: list[list[int]] = []

    class Trying(Flow):
        @flow.step("try", retries=2)
        def trying(self, items):
            items.append(1)
            seen.append(list(items))
            if len(seen) < 3:
                raise Boom
            return {"items": items}

    given = [0]
    assert Trying().run_sync({"items": given}) == {"items": [0, 1]}
    assert seen == [[0, 1]] * 3
    assert given == [0]


def test_a_transform_a_when_and_the_whole_context_are_fresh_in_each_attempt_too() -> None:
    class Trying(Flow):
        @flow.transform("try", retries=2)
        def trying(self, ctx, /):
            ctx["items"].append(1)
            if flow.current().attempt < 3:
                raise Boom
            return {"items": ctx["items"]}

    assert Trying().run_sync({"items": []}) == {"items": [1]}
