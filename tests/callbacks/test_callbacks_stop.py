"""``event.stop_pipeline()``: what it returns, when it has no effect, and runs inside callbacks."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from plain_steps import SaveError, Steps, SyncSteps

from stepkit import Flow, StepEvent, flow


@pytest.mark.parametrize("flow_class", [Steps, SyncSteps])
@pytest.mark.parametrize(("step", "context"), [("one", {"n": 1}), ("two", {"n": 2}), ("three", {"n": 3})])
def test_stop_pipeline_returns_the_context_as_of_the_step(
    flow_class: type[Steps], step: str, context: dict[str, int]
) -> None:
    def stop(event: StepEvent) -> None:
        if event.step_name == step:
            event.stop_pipeline()

    async def stop_async(event: StepEvent) -> None:
        await asyncio.sleep(0)
        stop(event)

    steps = flow_class()
    assert steps.run_sync(on_step_complete=stop) == context
    assert len(steps.ran) == context["n"]
    assert asyncio.run(flow_class().run(on_step_complete=stop_async)) == context


def test_stopping_twice_is_stopping_once_and_every_callback_still_sees_the_event() -> None:
    seen: list[str] = []

    class Stops(SyncSteps):
        def on_step_complete(self, event: StepEvent) -> None:
            event.stop_pipeline()
            event.stop_pipeline()

    assert Stops().run_sync(on_step_complete=lambda event: seen.append(event.step_name)) == {"n": 1}
    assert seen == ["one"]


def test_a_callback_that_stops_and_then_fails_has_failed() -> None:
    def save(event: StepEvent) -> None:
        event.stop_pipeline()
        raise SaveError

    with pytest.raises(SaveError):
        SyncSteps().run_sync(on_step_complete=save)


def test_a_stop_after_its_callback_is_over_has_no_effect() -> None:
    events: list[StepEvent] = []

    def stop_late(event: StepEvent) -> None:
        for earlier in events:
            earlier.stop_pipeline()
        events.append(event)

    assert SyncSteps().run_sync(on_step_complete=stop_late) == {"n": 3}
    events[-1].stop_pipeline()
    assert SyncSteps().run_sync() == {"n": 3}


def test_a_stop_that_a_step_calls_later_has_no_effect() -> None:
    events: list[StepEvent] = []

    class Late(Flow):
        @flow.step
        def first(self):
            return {"a": 1}

        @flow.step
        def second(self):
            events[0].stop_pipeline()
            return {"b": 2}

        @flow.step
        def third(self):
            return {"c": 3}

    assert Late().run_sync(on_step_complete=events.append) == {"a": 1, "b": 2, "c": 3}


def test_a_stopped_run_is_resumed_after_the_step() -> None:
    saved: list[str] = []

    def stop(event: StepEvent) -> None:
        saved.append(event.checkpoint)
        event.stop_pipeline()

    assert SyncSteps().run_sync(on_step_complete=stop) == {"n": 1}
    steps = SyncSteps()
    assert steps.run_checkpoint_sync(saved[0]) == {"n": 3}
    assert steps.ran == ["two", "three"]


# Runs inside callbacks


def test_a_callback_may_run_the_same_instance() -> None:
    inner: list[Any] = []
    steps = SyncSteps()

    def run_again(event: StepEvent) -> None:
        if event.step_name == "one" and event.context["n"] == 1:
            inner.append(steps.run_sync({"n": 100}))
            inner.append(steps.run_checkpoint_sync(event.checkpoint))

    assert steps.run_sync(on_step_complete=run_again) == {"n": 3}
    assert inner == [{"n": 103}, {"n": 3}]


def test_a_callback_that_is_cancelled_cancels_the_run() -> None:
    reached: list[str] = []

    async def hang(event: StepEvent) -> None:
        reached.append(event.step_name)
        await asyncio.Event().wait()

    async def main() -> None:
        steps = Steps()
        task = asyncio.create_task(steps.run(on_step_complete=hang))
        while not reached:
            await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert steps.ran == ["one"]

    asyncio.run(main())
