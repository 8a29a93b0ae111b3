"""``on_step_complete`` and ``on_step_error``: who is called, when, and what their failures do."""

from __future__ import annotations

import asyncio
import functools
import logging
import time
from typing import Any

import pytest
from notes import notes
from plain_steps import SaveError, Steps, SyncSteps

from stepkit import Flow, StepEvent, flow

# Completed steps


def test_an_event_tells_of_each_completed_step() -> None:
    events: list[tuple[str, dict[str, Any]]] = []
    durations: list[float] = []
    started = time.perf_counter()

    def tell(event: StepEvent) -> None:
        events.append((event.step_name, event.context))
        durations.append(event.duration_ms)

    Steps().run_sync(on_step_complete=tell)
    elapsed_ms = (time.perf_counter() - started) * 1000
    assert events == [("one", {"n": 1}), ("two", {"n": 2}), ("three", {"n": 3})]
    assert all(duration >= 0 for duration in durations)
    assert sum(durations) <= elapsed_ms


def test_a_duration_is_in_milliseconds() -> None:
    class Measured(Flow):
        @flow.step
        def measured(self):
            started = time.perf_counter()
            while time.perf_counter() - started < 0.005:
                pass

    durations: list[float] = []
    Measured().run_sync(on_step_complete=lambda event: durations.append(event.duration_ms))
    assert durations[0] >= 5


class AsyncCallback:
    def __init__(self) -> None:
        self.seen: list[str] = []

    async def __call__(self, event: StepEvent) -> None:
        await asyncio.sleep(0)
        self.seen.append(event.step_name)


@pytest.mark.parametrize("wrap", [lambda callback: callback, functools.partial], ids=["object", "partial"])
def test_an_object_with_an_async_call_is_an_async_callback_for_run_sync_too(wrap: Any) -> None:
    callback = AsyncCallback()
    assert SyncSteps().run_sync(on_step_complete=wrap(callback)) == {"n": 3}
    assert callback.seen == ["one", "two", "three"]


@pytest.mark.parametrize("kind", ["sync", "async", "awaitable"])
def test_a_callback_is_awaited_before_the_next_step(kind: str) -> None:
    order: list[str] = []
    steps = Steps()

    async def tell_async(event: StepEvent) -> None:
        for _ in range(5):
            await asyncio.sleep(0)
        order.append(f"{event.step_name} after {len(steps.ran)}")

    def tell_sync(event: StepEvent) -> None:
        order.append(f"{event.step_name} after {len(steps.ran)}")

    callback = {"sync": tell_sync, "async": tell_async, "awaitable": lambda event: tell_async(event)}[kind]
    assert asyncio.run(steps.run(on_step_complete=callback)) == {"n": 3}
    assert order == ["one after 1", "two after 2", "three after 3"]


def test_the_classs_callbacks_are_called_first() -> None:
    order: list[str] = []

    class WithCallbacks(Flow):
        async def on_step_complete(self, event: StepEvent) -> None:
            await asyncio.sleep(0)
            order.append(f"class: {event.step_name} {event.context}")

        def on_step_error(self, step_name: str, error: Exception) -> None:
            order.append(f"class: {step_name} {error!r}")

        @flow.step("good")
        def good(self):
            return {"a": 1}

        @flow.step("bad", on_error="continue")
        def bad(self):
            raise ValueError(1)

    async def complete(event: StepEvent) -> None:
        order.append(f"run: {event.step_name}")

    async def failed(step_name: str, error: Exception) -> None:
        await asyncio.sleep(0)
        order.append(f"run: {step_name}")

    expected = ["class: good {'a': 1}", "run: good", "class: bad ValueError(1)", "run: bad"]
    asyncio.run(WithCallbacks().run(on_step_complete=complete, on_step_error=failed))
    assert order == expected
    order.clear()
    WithCallbacks().run_sync(on_step_complete=complete, on_step_error=failed)
    assert order == expected
    order.clear()
    WithCallbacks().run_sync()
    assert order == expected[::2]


def test_callbacks_are_inherited_like_methods() -> None:
    class Base(Flow):
        seen: list[str] = []

        def on_step_complete(self, event: StepEvent) -> None:
            self.seen.append(event.step_name)

    class Derived(Base):
        @flow.step
        def go(self): ...

    Derived().run_sync()
    assert Base.seen == ["go"]


@pytest.mark.parametrize("returned", [5, True, "stop", {"n": 100}, StopIteration])
def test_what_a_callback_returns_does_not_matter(returned: Any) -> None:
    assert Steps().run_sync(on_step_complete=lambda event: returned) == {"n": 3}


# A failing on_step_complete


@pytest.mark.parametrize("step", ["one", "two", "three"])
@pytest.mark.parametrize("flow_class", [Steps, SyncSteps])
@pytest.mark.parametrize("of_class", [False, True])
def test_a_failing_on_step_complete_stops_the_run_and_no_policy_swallows_it(
    step: str, flow_class: type[Steps], of_class: bool
) -> None:
    failure = SaveError("the disk is full")
    later: list[str] = []
    failed: list[str] = []

    def save(event: StepEvent) -> None:
        if event.step_name == step:
            raise failure

    if of_class:
        flow_class = type("OfClass", (flow_class,), {"on_step_complete": lambda self, event: save(event)})
        arguments: dict[str, Any] = {"on_step_complete": lambda event: later.append(event.step_name)}
    else:
        arguments = {"on_step_complete": save}
    steps = flow_class()
    with pytest.raises(SaveError) as caught:
        steps.run_sync(on_step_error=lambda name, error: failed.append(name), **arguments)
    assert caught.value is failure
    assert notes(failure) == ["run ..."]
    assert (failure.__cause__, failure.__context__) == (None, None)
    assert failed == []
    expected = ["one", "two", "three"]
    assert steps.ran == expected[: expected.index(step) + 1]
    assert step not in later


def test_a_failing_async_on_step_complete_does_the_same() -> None:
    steps = Steps()

    async def save(event: StepEvent) -> None:
        await asyncio.sleep(0)
        raise SaveError(event.step_name)

    with pytest.raises(SaveError, match="^one"):
        asyncio.run(steps.run(on_step_complete=save))
    assert steps.ran == ["one"]


def test_an_on_step_complete_that_fails_inside_a_nested_flow_ends_the_whole_run() -> None:
    class Outer(Flow):
        nested = flow.subflow("nested", SyncSteps, on_error="continue", retries=2)

        @flow.step
        def after(self):
            raise AssertionError("nothing runs any more")

    def save(event: StepEvent) -> None:
        if event.step_name == "nested/two":
            raise SaveError

    failed: list[str] = []
    with pytest.raises(SaveError):
        Outer().run_sync(on_step_complete=save, on_step_error=lambda name, error: failed.append(name))
    assert failed == []


def test_a_step_whose_callback_failed_is_resumable_from_the_checkpoint_before() -> None:
    saved: list[str] = []

    def save(event: StepEvent) -> None:
        if event.step_name == "two":
            raise SaveError
        saved.append(event.checkpoint)

    with pytest.raises(SaveError):
        SyncSteps().run_sync(on_step_complete=save)
    again = SyncSteps()
    assert again.run_checkpoint_sync(saved[-1]) == {"n": 3}
    assert again.ran == ["two", "three"]


# on_step_error


class Failing(Flow):
    @flow.step("bad", on_error="continue")
    def bad(self):
        raise ValueError("the step's own")

    @flow.step("worse")
    async def worse(self):
        raise LookupError("the step's own")


@pytest.mark.parametrize("kind", ["sync", "async"])
def test_a_failing_on_step_error_does_not_hide_the_steps_error(kind: str, caplog: pytest.LogCaptureFixture) -> None:
    def tell_sync(name: str, error: Exception) -> None:
        raise RuntimeError("the observer's")

    async def tell_async(name: str, error: Exception) -> None:
        await asyncio.sleep(0)
        raise RuntimeError("the observer's")

    with pytest.raises(LookupError, match="the step's own"):
        Failing().run_sync(on_step_error=tell_sync if kind == "sync" else tell_async)
    assert [(record.levelno, record.getMessage()) for record in caplog.records] == [
        (logging.WARNING, f'flow Failing: {step}: on_step_error failed itself: RuntimeError("the observer\'s")')
        for step in ("bad", "worse")
    ]


def test_on_step_error_is_told_of_every_failed_attempt() -> None:
    class Flaky(Flow):
        @flow.step("flaky", retries=2)
        def flaky(self):
            raise OSError(flow.current().attempt)

    told: list[tuple[str, Any]] = []
    with pytest.raises(OSError):
        Flaky().run_sync(on_step_error=lambda name, error: told.append((name, error.args[0])))
    assert told == [("flaky", 1), ("flaky", 2), ("flaky", 3)]


def test_a_failed_step_gives_no_event() -> None:
    seen: list[str] = []
    with pytest.raises(LookupError):
        Failing().run_sync(on_step_complete=lambda event: seen.append(event.step_name))
    assert seen == []
