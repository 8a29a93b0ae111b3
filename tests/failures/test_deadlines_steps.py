"""What a deadline ends: delays, containers, callbacks, and attempts that were cancelled."""

from __future__ import annotations

import asyncio
import logging
import time
from typing import Any

import pytest
import stepping
from flows_in_time import Sleeps

from stepkit import Flow, LogConfig, flow
from stepkit.errors import RunDeadlineError, StepTimeoutError

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
        with pytest.raises(RunDeadlineError, match='in step "first", whose on_step_complete was given up') as caught:
            await Sleeps().run(deadline=5, on_step_complete=save)
        assert caught.value.step == "first"

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
