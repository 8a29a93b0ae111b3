"""Sync steps on the event loop: asyncio's debug mode names the step that held it."""

from __future__ import annotations

import asyncio
import logging
import time

import pytest

from stepkit import Flow, flow

pytestmark = pytest.mark.in_one_piece

LIMIT = 0.02


class Inner(Flow):
    @flow.step("quick")
    def quick(self):
        pass

    @flow.step("slow")
    def slow(self):
        time.sleep(LIMIT * 2)


class OneStep(Flow):
    @flow.step("quick")
    def quick(self):
        pass

    @flow.step("slow")
    def slow(self):
        time.sleep(LIMIT * 2)

    @flow.step("later")
    async def later(self):
        await asyncio.sleep(0)


class Nested(Flow):
    inner = flow.subflow("inner", Inner, retries=1)


class ManySteps(Flow):
    """Each is quick enough; together they are not."""

    limit = 0.2

    @flow.step("one")
    def one(self):
        time.sleep(0.02)

    @flow.step("two")
    def two(self):
        time.sleep(0.19)

    @flow.step("three")
    def three(self):
        pass


class Route(Flow):
    @flow.branch("route", cases={"inner": OneStep})
    def route(self):
        time.sleep(LIMIT * 2)


def holds() -> bool:
    time.sleep(LIMIT * 2)
    return True


class When(Flow):
    @flow.step("guarded", when=holds)
    def guarded(self):
        pass


class RunsAnother(Flow):
    @flow.step("runs")
    async def runs(self):
        await Inner().run()


class InThread(Flow):
    @flow.step("work", thread=True)
    def work(self):
        time.sleep(LIMIT * 2)


def warnings(work: type[Flow], caplog: pytest.LogCaptureFixture) -> list[str]:
    async def main() -> None:
        asyncio.get_running_loop().slow_callback_duration = getattr(work, "limit", LIMIT)
        task = asyncio.create_task(work().run(), name="mine")
        await task
        await asyncio.sleep(0)
        assert task.get_name() == "mine"

    with caplog.at_level(logging.WARNING, "asyncio"):
        asyncio.run(main(), debug=True)
    return [text for text in caplog.messages if "Executing <Task" in text and "name='mine" in text]


@pytest.mark.parametrize(
    ("work", "named"),
    [
        (OneStep, 'flow OneStep, step "slow" took '),
        (Nested, 'flow Nested, step "inner/slow" took '),
        (ManySteps, 'flow ManySteps, step "two" took '),
        (Route, 'flow Route, step "route" took '),
        (When, 'flow When, when= of step "guarded" took '),
        (RunsAnother, 'flow Inner, step "slow" took '),
    ],
)
def test_the_warning_of_a_slow_callback_names_the_step(
    work: type[Flow], named: str, caplog: pytest.LogCaptureFixture
) -> None:
    (text,) = [text for text in warnings(work, caplog) if " [" in text]
    assert f"name='mine [{named}" in text


def test_a_step_in_a_thread_holds_nothing_up(caplog: pytest.LogCaptureFixture) -> None:
    assert not any("mine [" in text for text in warnings(InThread, caplog))


def test_without_debug_mode_nothing_is_renamed() -> None:
    names: list[str] = []

    class Looks(Flow):
        @flow.step("slow")
        def slow(self):
            time.sleep(0.11)

        @flow.step("look")
        def look(self):
            task = asyncio.current_task()
            assert task is not None
            names.append(task.get_name())

    async def main() -> None:
        await asyncio.create_task(Looks().run(), name="mine")

    asyncio.run(main())
    assert names == ["mine"]
