"""Fallbacks: ``on_error=`` names what gives a step's keys when the step has failed."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest
import stepping
from failing_steps import FALLBACKS, Answers, Down, Worse

from stepkit import Flow, LogConfig, flow
from stepkit.errors import (
    RunDeadlineError,
)


@pytest.mark.parametrize("is_async", [False, True])
@pytest.mark.parametrize("name", FALLBACKS)
def test_a_fallback_gives_the_keys_of_a_step_that_has_failed(name: str, is_async: bool) -> None:
    fallback, answer = FALLBACKS[name]

    class Asks(Answers):
        if is_async:

            @flow.step("ask", on_error=fallback)
            async def ask(self, n):
                raise Down("no answer")
        else:

            @flow.step("ask", on_error=fallback)
            def ask(self, n):
                raise Down("no answer")

        @flow.step("use")
        def use(self, answer):
            return {"used": answer}

    assert asyncio.run(Asks().run({"n": 1})) == {"n": 1, "answer": answer, "used": answer}
    assert Asks().run_sync({"n": 1}) == {"n": 1, "answer": answer, "used": answer}


def test_a_step_that_succeeds_has_none_of_it() -> None:
    class Asks(Answers):
        @flow.step("ask", on_error="by_name")
        def ask(self, n):
            return {"answer": n}

    assert Asks().run_sync({"n": 1}) == {"n": 1, "answer": 1}
    assert Asks.describe()[0]["on_error"] == "by_name"


def test_a_subclass_overrides_a_fallback_that_is_named() -> None:
    class Asks(Answers):
        @flow.step("ask", on_error="by_name")
        def ask(self, n):
            raise Down

    class Other(Asks):
        def by_name(self, error, n):
            return {"answer": "mine"}

    assert Other().run_sync({"n": 1})["answer"] == "mine"


def test_it_comes_after_the_last_attempt_and_everybody_is_told() -> None:
    class Asks(Answers):
        attempts = 0

        @flow.step("ask", retries=2, on_error="by_name")
        def ask(self, n):
            self.attempts += 1
            raise Down("no answer")

    told: list[Any] = []
    lines: list[str] = []
    asks = Asks()
    asks.run_sync(
        {"n": 1},
        on_step_error=lambda step, error: told.append((step, type(error))),
        on_step_complete=lambda event: told.append((event.step_name, event.context)),
        log=LogConfig(emoji=False, log_fn=lines.append, error_fn=lines.append, stopwatch=False),
    )
    assert asks.attempts == 3
    assert told == [("ask", Down)] * 3 + [("ask", {"n": 1, "answer": "method 1 Down usual"})]
    assert lines[-6:] == [
        "ask failed",
        "   Error: Down: no answer",
        "   ask: its fallback by_name gives its keys",
        "ask completed",
        "   Output: answer",
        "Pipeline completed successfully",
    ]


def test_a_failed_attempt_leaves_nothing_behind_for_it() -> None:
    class Changes(Flow):
        @flow.step("begin")
        def begin(self):
            return {"items": [1]}

        def count(self, error, items):
            items.append(3)
            return {"count": len(items)}

        @flow.step("change", on_error="count")
        def change(self, items):
            items.append(2)
            raise Down

    assert Changes().run_sync() == {"items": [1], "count": 2}


class Waits(Flow):
    called = False

    def never(self, error):
        Waits.called = True
        return {}

    @flow.step("wait", on_error="never", retries=2)
    async def wait(self):
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            raise Down from None  # as some libraries do


def test_a_cancellation_passes_it() -> None:
    async def main() -> None:
        task = asyncio.ensure_future(Waits().run())
        await asyncio.sleep(1)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    stepping.run(main())
    assert not Waits.called


def test_a_deadline_passes_it() -> None:
    async def main() -> None:
        with pytest.raises(RunDeadlineError):
            await Waits().run(deadline=5)

    stepping.run(main())
    assert not Waits.called


def test_a_deadline_ends_a_fallback_too() -> None:
    class Long(Flow):
        async def long(self, error):
            await asyncio.Event().wait()

        @flow.step("ask", on_error="long")
        def ask(self):
            raise Down

    async def main() -> None:
        with pytest.raises(RunDeadlineError, match='passed in step "ask"'):
            await Long().run(deadline=5)

    stepping.run(main())


def test_a_callback_that_fails_and_a_stop_pass_it() -> None:
    class Around(Flow):
        inner = flow.subflow("inner", Answers, on_error=lambda error: {"caught": True})

    class Inside(Answers):
        @flow.step("ask")
        def ask(self):
            return {"answer": 1}

    class Holds(Flow):
        inner = flow.subflow("inner", Inside, on_error=lambda error: {"caught": True})

    def fail(event: Any) -> None:
        raise Worse

    with pytest.raises(Worse):
        Holds().run_sync(on_step_complete=fail)
    assert "caught" not in Holds().run_sync(on_step_complete=lambda event: event.stop_pipeline())
    assert Around().run_sync() == {}


def test_it_runs_where_the_step_runs() -> None:
    threads: list[int] = []

    class Threads(Flow):
        def note(self, error):
            threads.append(threading.get_ident())
            return {"path": flow.current().path}

        @flow.step("inline", on_error="note")
        def inline(self):
            raise Down

        @flow.step("threaded", thread=True, on_error="note")
        def threaded(self):
            raise Down

        @flow.step("timed", timeout=60, on_error="note")
        def timed(self):
            raise Down

    assert Threads().run_sync() == {"path": "timed"}
    assert threads[0] == threading.get_ident()
    assert threading.get_ident() not in threads[1:]
