"""Where the policies of the TypeScript original are wrong, as seen by running version 0.2.3: here they are right."""

from __future__ import annotations

import asyncio
import math
import threading
from typing import Any

import pytest

from stepkit import CircuitBreaker, Flow, StepEvent, flow
from stepkit.errors import (
    CircuitOpenError,
    FlowDefinitionError,
    StepTimeoutError,
)


def test_retries_retry_without_being_told_when_and_nonsense_is_refused() -> None:
    attempts: list[int] = []

    class Flaky(Flow):
        @flow.step(retries=2)
        def flaky(self):
            attempts.append(flow.current().attempt)
            if len(attempts) < 3:
                raise OSError
            return {"done": True}

    assert Flaky().run_sync() == {"done": True}
    assert attempts == [1, 2, 3]
    for nonsense in (-1, math.nan, math.inf, True):
        with pytest.raises(FlowDefinitionError, match="retries is a whole number from 0"):
            type("Bad", (Flow,), {"go": flow.step(retries=nonsense)(lambda self: None)})  # type: ignore[arg-type]


def test_a_timeout_is_for_each_attempt_and_what_timed_out_is_cancelled_and_fenced() -> None:
    cancelled: list[int] = []
    events: list[StepEvent] = []

    class Slow(Flow):
        @flow.step("slow", timeout=0.02, retries=2)
        async def slow(self, items):
            attempt = flow.current().attempt
            if attempt == 3:
                return {"attempt": attempt}
            items.append(attempt)
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                cancelled.append(attempt)
                raise

    errors: list[type[Exception]] = []
    items: list[int] = []
    result = Slow().run_sync(
        {"items": items}, on_step_complete=events.append, on_step_error=lambda name, error: errors.append(type(error))
    )
    assert result == {"items": [], "attempt": 3}
    assert items == []
    assert cancelled == [1, 2]
    assert errors == [StepTimeoutError, StepTimeoutError]
    assert [event.step_name for event in events] == ["slow"]


def test_a_circuit_breaker_opens() -> None:
    calls: list[int] = []

    class Breaks(Flow):
        @flow.step("call", circuit_breaker=CircuitBreaker(failure_threshold=2, cooldown=3600))
        def call(self):
            calls.append(1)
            raise OSError

    for _ in range(2):
        with pytest.raises(OSError):
            Breaks().run_sync()
    for _ in range(2):
        with pytest.raises(CircuitOpenError):
            Breaks().run_sync()
    assert len(calls) == 2
    assert Breaks.circuit_breaker("call").state == "open"


def test_a_cancellation_is_no_error_to_continue_from_or_to_retry() -> None:
    asked: list[BaseException] = []
    reached: list[str] = []

    class Waits(Flow):
        @flow.step(on_error="continue", retries=3, should_retry=lambda error: bool(asked.append(error)) or True)
        async def wait(self):
            reached.append("wait")
            await asyncio.Event().wait()

        @flow.step
        def after(self):
            reached.append("after")

    async def main() -> None:
        task = asyncio.create_task(Waits().run())
        while not reached:
            await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())
    assert reached == ["wait"]
    assert asked == []


def test_a_failing_on_step_complete_is_no_failure_of_the_step_and_stops_the_run() -> None:
    reached: list[str] = []

    class Continues(Flow):
        @flow.step("first", on_error="continue", retries=2)
        def first(self):
            reached.append("first")

        @flow.step("second")
        def second(self):
            reached.append("second")

    def cannot_save(event: StepEvent) -> None:
        raise OSError("the disk is full")

    told: list[str] = []
    with pytest.raises(OSError, match="the disk is full"):
        Continues().run_sync(on_step_complete=cannot_save, on_step_error=lambda name, error: told.append(name))
    assert reached == ["first"]
    assert told == []


def test_a_settled_group_survives_what_a_member_raises_at_once_and_all_failing_is_a_failure() -> None:
    def group_of(*failing: str) -> type[Flow[Any]]:
        def member(name: str) -> Any:
            def sync(self: Any) -> dict[str, int]:
                if name in failing:
                    raise ValueError(name)
                return {name: 1}

            return sync

        group = flow.parallel("group", mode="settled")
        members = {name: group.step(member(name)) for name in ("one", "two")}
        return type("Group", (Flow,), {"group": group, **members})

    told: list[str] = []
    result = group_of("one")().run_sync(on_step_error=lambda name, error: told.append(name))
    assert result == {"two": 1}
    assert told == ["group/one"]
    with pytest.raises(ExceptionGroup) as caught:
        group_of("one", "two")().run_sync()
    assert [str(error) for error in caught.value.exceptions] == ["one", "two"]


@pytest.mark.in_one_piece
def test_a_run_that_nobody_listens_to_copies_and_encodes_nothing() -> None:
    looked: list[str] = []

    class Watched:
        def __deepcopy__(self, memo: Any) -> Any:
            looked.append("copied")
            return self

        def __reduce_ex__(self, protocol: Any) -> Any:
            looked.append("encoded")
            return super().__reduce_ex__(protocol)

    namespace = {f"step_{number}": flow.step(lambda self, large: None) for number in range(50)}
    result = type("NoOps", (Flow,), namespace)().run_sync({"large": [Watched(), threading.Lock()]})  # type: ignore[operator]
    assert set(result) == {"large"}
    assert looked == []
