"""Callbacks that raise, hang, return junk or run the flow again, under every error policy and in every kind of step."""

from __future__ import annotations

import asyncio
import itertools
import logging
from collections.abc import Callable
from typing import Any

import pytest
import stepping
from boom import Boom
from failing_shapes import POLICIES, SHAPES, Counts, as_branch, as_group, as_nested_flow, as_settled_group, as_sync_step
from notes import notes
from plain_steps import SaveError

from stepkit import Flow, StepEvent, flow
from stepkit.errors import EventLoopError

every_shape = pytest.mark.parametrize("shape", SHAPES)


# on_step_complete


def raises(event: StepEvent) -> None:
    raise SaveError(event.step_name)


async def raises_async(event: StepEvent) -> None:
    raise SaveError(event.step_name)


async def raises_later(event: StepEvent) -> None:
    await asyncio.sleep(1)
    raise SaveError(event.step_name)


@every_shape
@pytest.mark.parametrize("callback", [raises, raises_async, raises_later])
def test_a_callback_that_fails_stops_the_run_under_every_policy(
    shape: Callable[[Any], type[Counts]], callback: Callable[[StepEvent], Any]
) -> None:
    told: list[str] = []
    for options in POLICIES:
        owner = shape(options)()
        with pytest.raises(SaveError) as caught:
            stepping.run(owner.run(on_step_complete=callback, on_step_error=lambda step, error: told.append(step)))
        assert owner.called.count("work") <= 1, options  # not tried again
        assert "next" not in owner.called, options
        assert told == [], options
        assert notes(caught.value) == ["run ..."], options  # it is no failure of the step


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit, asyncio.CancelledError])
@pytest.mark.parametrize("name", ["on_step_complete", "on_step_error"])
def test_what_is_no_exception_passes_out_of_a_callback(error: type[BaseException], name: str) -> None:
    def callback(*arguments: object) -> None:
        raise error

    for options in POLICIES:
        owner = as_sync_step({**options, "timeout": None})(fails=name == "on_step_error")
        with pytest.raises(error):
            owner.run_sync(**{name: callback})
        assert owner.called == ["work"]


JUNK: list[Any] = [5, "text", {"x": 99}, object(), [1], False, 0, Exception("not raised"), asyncio.sleep]


@every_shape
@pytest.mark.parametrize("is_async", [False, True])
def test_what_a_callback_returns_changes_nothing(shape: Callable[[Any], type[Counts]], is_async: bool) -> None:
    for junk, options in zip(itertools.cycle(JUNK), POLICIES, strict=False):

        def returns(*arguments: object, junk: Any = junk) -> Any:
            return junk

        async def returns_async(*arguments: object, junk: Any = junk) -> Any:
            return junk

        callback = returns_async if is_async else returns
        assert stepping.run(shape(options)().run(on_step_complete=callback, on_step_error=callback)) == {"x": 1}
        outcomes = {"raise": Boom, "continue": {}, "skip-remaining": {}}
        owner = shape(options)(fails=True)
        try:
            outcome: Any = stepping.run(owner.run(on_step_complete=callback, on_step_error=callback))
        except Exception as error:
            outcome = type(error)
        assert outcome == ({} if shape is as_settled_group else outcomes[options["on_error"]]), options


@every_shape
def test_the_next_step_waits_for_a_callback_that_hangs_and_cancelling_it_cancels_the_run(
    shape: Callable[[Any], type[Counts]],
) -> None:
    async def hangs(event: StepEvent) -> None:
        await asyncio.get_running_loop().create_future()

    async def work(owner: Counts) -> None:
        task = asyncio.ensure_future(owner.run(on_step_complete=hangs))
        await asyncio.sleep(10)
        assert not task.done()
        called = list(owner.called)
        assert "next" not in called
        assert "inside-next" not in called
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert owner.called == called

    for options in POLICIES:
        stepping.run(work(shape(options)()))


@every_shape
def test_a_callback_that_stops_the_run_stops_it_under_every_policy(shape: Callable[[Any], type[Counts]]) -> None:
    for options in POLICIES:
        owner, events = shape(options)(), []

        async def stops(event: StepEvent, events: list[str] = events) -> None:
            events.append(event.step_name)
            await asyncio.sleep(0)
            if event.context.get("x") == 1:
                event.stop_pipeline()

        assert stepping.run(owner.run({"a": 0}, on_step_complete=stops))["x"] == 1
        assert owner.called == ["work"], options
        assert events[-1].startswith("work"), options


@pytest.mark.parametrize("is_async", [False, True])
def test_a_callback_may_run_the_flow_again(is_async: bool) -> None:
    class Counter(Flow):
        @flow.step("add", retries=1, timeout=None)
        def add(self, n):
            return {"n": n + 1}

        @flow.step("double", on_error="continue")
        def double(self, n):
            return {"n": n * 2}

    counter = Counter()
    inner: list[Any] = []

    def again(event: StepEvent) -> None:
        assert flow.current().path == event.step_name
        if event.context["n"] < 100:
            inner.append(counter.run_sync({"n": 100}, on_step_complete=again))
            inner.append(counter.run_checkpoint_sync(event.checkpoint))
        assert flow.current().path == event.step_name

    async def again_async(event: StepEvent) -> None:
        if event.context["n"] < 100:
            inner.append(await counter.run({"n": 100}, on_step_complete=again_async))
            inner.append(await counter.run_checkpoint(event.checkpoint))
        assert flow.current().path == event.step_name

    callback: Any = again_async if is_async else again
    assert stepping.run(counter.run({"n": 1}, on_step_complete=callback)) == {"n": 4}
    assert inner == [{"n": 202}, {"n": 4}, {"n": 202}, {"n": 4}]


def test_the_callback_of_the_class_comes_first_and_its_failure_is_the_last_word() -> None:
    told: list[str] = []

    class Own(Flow):
        @flow.step("work", on_error="continue", retries=1)
        def work(self):
            return {"x": 1}

        async def on_step_complete(self, event: StepEvent) -> None:
            told.append("class")
            raise SaveError

    with pytest.raises(SaveError):
        stepping.run(Own().run(on_step_complete=lambda event: told.append("argument")))
    assert told == ["class"]


# on_step_error


async def fails_async(*arguments: object) -> None:
    await asyncio.sleep(0)
    raise SaveError("in the callback")


def fails(*arguments: object) -> None:
    raise SaveError("in the callback")


@every_shape
@pytest.mark.parametrize("callback", [fails, fails_async])
def test_an_error_callback_that_fails_leaves_the_outcome_to_the_error_of_the_step(
    shape: Callable[[Any], type[Counts]], callback: Any, caplog: pytest.LogCaptureFixture
) -> None:
    told: list[tuple[str, Exception]] = []
    for options in POLICIES:
        owner = shape(options)(fails=True)
        told.clear()

        class Both(type(owner)):  # type: ignore[misc]
            def on_step_error(self, step: str, error: Exception) -> Any:
                return callback(step, error)

        both = Both(fails=True)
        caplog.clear()
        with caplog.at_level(logging.WARNING, "stepkit"):
            try:
                outcome: Any = stepping.run(both.run(on_step_error=lambda step, error: told.append((step, error))))
            except Exception as error:
                outcome = type(error)
        goes_on = options["on_error"] == "continue" or shape is as_settled_group
        if shape is as_settled_group:
            assert outcome == {}
            attempts = 1  # the other member did not fail, so the group did not
        else:
            assert outcome == (Boom if options["on_error"] == "raise" else {})
            attempts = options["retries"] + 1
        assert both.called == ["work"] * attempts + ["next"] * goes_on, options
        assert all(type(error) is Boom for _, error in told)
        levels = 2 if shape in (as_nested_flow, as_branch) else 3 if shape is as_group else 1
        if shape is not as_settled_group:
            assert len(told) == attempts * levels
        warned = [record.getMessage() for record in caplog.records]
        assert len(warned) == len(told)
        assert all(line.endswith("on_step_error failed itself: SaveError('in the callback')") for line in warned)


@pytest.mark.parametrize("on_error", ["raise", "continue", "skip-remaining"])
def test_no_step_starts_before_an_error_callback_is_over(on_error: Any) -> None:
    order: list[str] = []

    class Fails(Flow):
        @flow.step("work", retries=1, on_error=on_error)
        async def work(self):
            order.append(f"attempt {flow.current().attempt}")
            raise Boom

        @flow.step("next")
        async def next(self):
            order.append("next")

    async def slow(step: str, error: Exception) -> None:
        order.append("told")
        await asyncio.sleep(5)
        order.append("over")

    try:
        stepping.run(Fails().run(on_step_error=slow))
    except Boom:
        assert on_error == "raise"
    assert order == ["attempt 1", "told", "over", "attempt 2", "told", "over"] + ["next"] * (on_error == "continue")


# Sync runs


class Callable_:
    """A callback that is an object whose call is async."""

    def __init__(self) -> None:
        self.called: list[str] = []

    async def __call__(self, event: StepEvent) -> None:
        await asyncio.sleep(0)
        self.called.append(event.step_name)


def test_a_sync_run_awaits_an_async_callback() -> None:
    callback = Callable_()
    assert as_sync_step({})().run_sync(on_step_complete=callback) == {"x": 1}
    assert callback.called == ["work", "next"]


def test_a_sync_run_without_a_loop_says_what_to_do_with_a_callback_that_gives_something_to_wait_for() -> None:
    async def waits() -> None:
        await asyncio.sleep(0)

    owner = as_sync_step({})()
    with pytest.raises(
        EventLoopError, match="a sync step, condition or callback returned an awaitable that has to wait"
    ):
        owner.run_sync(on_step_complete=lambda event: waits())
    assert owner.called == ["work"]


def test_a_sync_run_inside_a_running_loop_refuses_an_async_callback() -> None:
    async def work() -> None:
        with pytest.raises(EventLoopError, match="because it has an async callback; write `await flow.run"):
            as_sync_step({})().run_sync(on_step_complete=raises_async)

    stepping.run(work())
