"""``on_step_start`` before each step, and ``flow.current().progress(...)`` from inside of one."""

from __future__ import annotations

import asyncio
import logging
import math
import threading
from typing import Any

import pytest

from stepkit import Flow, LogConfig, Progress, StepEvent, StepStart, flow
from stepkit.errors import EventLoopError, FlowDefinitionError


class Counting(Flow):
    @flow.step("load")
    def load(self):
        for number in range(1, 4):
            flow.current().progress(number, 3, "pages")
        return {"pages": 3}

    @flow.step("skip", when=False)
    def skip(self):
        return {}

    @flow.step("save")
    async def save(self, pages: int):
        flow.current().progress(pages)
        return {}


class Around(Flow):
    counting = flow.subflow("counting", Counting)


def test_a_start_is_told_before_the_step_and_only_of_steps_that_run() -> None:
    told: list[str] = []

    def started(event: StepStart) -> None:
        told.append(f"start {event.step_name}")

    def completed(event: StepEvent) -> None:
        told.append(f"done {event.step_name}")

    Counting().run_sync(on_step_start=started, on_step_complete=completed)
    assert told == ["start load", "done load", "start save", "done save"]


def test_a_start_has_the_runs_id_and_the_current_step() -> None:
    told: list[tuple[str, str, str]] = []

    async def started(event: StepStart) -> None:
        await asyncio.sleep(0)
        told.append((event.run_id, event.step_name, flow.current().path))

    Around().run_sync(on_step_start=started, run_id="r-1")
    assert told == [
        ("r-1", "counting", "counting"),
        ("r-1", "counting/load", "counting/load"),
        ("r-1", "counting/save", "counting/save"),
    ]


def test_a_start_that_cannot_be_noted_ends_the_run_before_the_step_whatever_the_policies_say() -> None:
    ran: list[str] = []

    class Noted(Flow):
        @flow.step("pay", on_error="continue", retries=2)
        def pay(self):
            ran.append("pay")
            return {}

        def on_step_start(self, event: StepStart) -> None:
            raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        Noted().run_sync()
    assert ran == []


def test_nested_flows_are_told_of_their_own_steps_by_their_own_names() -> None:
    told: list[tuple[str, str]] = []

    class Told(Counting):
        def on_step_start(self, event: StepStart) -> None:
            told.append(("start", event.step_name))

        def on_progress(self, progress: Progress) -> None:
            told.append(("progress", progress.step_name))

    class Outer(Flow):
        inner = flow.subflow("inner", Told)

    heard: list[str] = []
    Outer().run_sync(on_progress=lambda progress: heard.append(progress.step_name))
    assert told == [("start", "load"), *[("progress", "load")] * 3, ("start", "save"), ("progress", "save")]
    assert heard == ["inner/load"] * 3 + ["inner/save"]


def test_progress_says_what_the_step_said() -> None:
    heard: list[tuple[Any, ...]] = []

    def progress(each: Progress) -> None:
        heard.append((each.step_name, each.done, each.total, each.message, each.run_id))

    Counting().run_sync(on_progress=progress, run_id="r")
    assert heard == [
        ("load", 1, 3, "pages", "r"),
        ("load", 2, 3, "pages", "r"),
        ("load", 3, 3, "pages", "r"),
        ("save", 3, None, "", "r"),
    ]


def test_a_resumed_run_is_told_of_what_it_runs() -> None:
    saved: list[str] = []
    Counting().run_sync(on_step_complete=lambda event: saved.append(event.checkpoint))
    told: list[str] = []
    Counting().run_checkpoint_sync(saved[0], on_step_start=lambda event: told.append(event.step_name))
    assert told == ["save"]


def test_progress_comes_from_the_steps_thread_and_a_callback_that_fails_is_logged(
    caplog: pytest.LogCaptureFixture,
) -> None:
    threads: list[threading.Thread] = []

    class Threaded(Flow, thread=True):
        @flow.step("work")
        def work(self):
            flow.current().progress(1)
            return {"done": True}

    def failing(progress: Progress) -> None:
        threads.append(threading.current_thread())
        raise ValueError("a secret")

    with caplog.at_level(logging.WARNING, "stepkit"):
        assert Threaded().run_sync(on_progress=failing) == {"done": True}
    assert threads[0] is not threading.main_thread()
    assert "on_progress failed itself: ValueError" in caplog.text
    assert "secret" not in caplog.text


def test_an_attempt_that_was_given_up_is_not_heard() -> None:
    heard: list[float] = []
    given_up, told = threading.Event(), threading.Event()

    class Slow(Flow):
        @flow.step("work", timeout=0.01, on_error="continue")
        def work(self):
            given_up.wait(10)
            flow.current().progress(1)
            told.set()

        @flow.step("next")
        def next(self):
            given_up.set()
            told.wait(10)

    Slow().run_sync(on_progress=lambda progress: heard.append(progress.done))
    assert heard == []


def test_progress_counts_in_numbers() -> None:
    class Wrong(Flow):
        @flow.step("work")
        def work(self):
            flow.current().progress("half")  # type: ignore[arg-type]

    with pytest.raises(TypeError, match="progress\\(\\) counts in numbers, not in str"):
        Wrong().run_sync()


@pytest.mark.parametrize("given", [(1, 2, 3), (10**400, 1), (1, 10**400), (math.nan,), (1, math.inf), (True,)])
def test_what_cannot_be_shown_is_refused_where_it_is_said(given: tuple[Any, ...]) -> None:
    refused: list[Exception] = []

    class Wrong(Flow):
        @flow.step("work")
        def work(self):
            try:
                flow.current().progress(*given)
            except (TypeError, ValueError) as error:
                refused.append(error)

    heard: list[Progress] = []
    Wrong().run_sync(on_progress=heard.append, log=LogConfig(log_fn=lambda line: None))
    assert len(refused) == 1
    assert "progress()" in str(refused[0])
    assert heard == []


def test_a_percentage_is_shown_where_it_is_one() -> None:
    class Odd(Flow):
        @flow.step("work")
        def work(self):
            for done in (-1, 10, 5):
                flow.current().progress(done, 5)

        @flow.step("more")
        def more(self):
            flow.current().progress(10, 5)

    lines: list[str] = []
    Odd().run_sync(log=LogConfig(log_fn=lines.append, emoji=False))
    assert [line.partition(": ")[2] for line in lines if " of 5" in line] == ["-1 of 5", "5 of 5 (100%)", "10 of 5"]


@pytest.mark.parametrize("options", [{}, {"retries": 1}, {"thread": True}])
@pytest.mark.parametrize("fails", [False, True])
def test_a_step_that_has_ended_is_not_heard_any_more(options: dict[str, Any], fails: bool) -> None:
    kept: list[flow.CurrentStep] = []
    heard: list[float] = []

    class Keeps(Flow):
        @flow.step("keep", **options)
        def keep(self):
            kept.append(flow.current())
            kept[-1].progress(1)
            if fails:
                raise ValueError("again")

        @flow.step("later")
        def later(self):
            kept[-1].progress(2)

    try:
        Keeps().run_sync(on_progress=lambda progress: heard.append(progress.done))
    except ValueError:
        pass
    kept[-1].progress(3)
    assert heard == [1] * len(kept)


def test_on_progress_is_a_plain_function() -> None:
    async def heard(progress: Progress) -> None: ...

    with pytest.raises(TypeError, match="on_progress is a plain function"):
        Counting().run_sync(on_progress=heard)  # type: ignore[arg-type]

    with pytest.raises(FlowDefinitionError, match="on_progress is a plain method"):

        class Wrong(Counting):
            async def on_progress(self, progress: Progress) -> None: ...


def test_an_async_on_step_start_needs_a_loop_of_its_own() -> None:
    class Plain(Flow):
        @flow.step("work")
        def work(self):
            return {"done": True}

    async def started(event: StepStart) -> None:
        await asyncio.sleep(0)

    async def inside() -> None:
        Plain().run_sync(on_step_start=started)

    assert Plain().run_sync(on_step_start=started) == {"done": True}
    with pytest.raises(EventLoopError, match="async callback"):
        asyncio.run(inside())


def test_the_log_shows_progress_at_most_once_a_second_and_always_the_end() -> None:
    class Batch(Flow):
        @flow.step("convert")
        def convert(self):
            for number in range(1, 50_001):
                flow.current().progress(number, 50_000)

    lines: list[str] = []
    Batch().run_sync(log=LogConfig(log_fn=lines.append, emoji=False))
    shown = [line.strip() for line in lines if " of " in line]
    assert shown[0] == "convert: 1 of 50,000 (0%)"
    assert shown[-1] == "convert: 50,000 of 50,000 (100%)"
    assert len(shown) < 100
