"""No run sees another, and an attempt that was given up changes nothing."""

from __future__ import annotations

import asyncio
import random
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from stepkit import Flow, StepEvent, deserialize_checkpoint, flow
from stepkit.errors import StepTimeoutError

RUNS = 500


class Busy(Flow):
    """Each step yields at random, notes in the context who it is, and keeps nothing on ``self``."""

    @flow.step("first")
    async def first(self, run: int):
        for _ in range(random.Random(run).randrange(4)):
            await asyncio.sleep(0)
        return {"trace": [run], "id": flow.current().run_id}

    @flow.step("sometimes", when=lambda run: run % 2)
    async def sometimes(self, run: int, trace: list[int]):
        trace.append(run)
        await asyncio.sleep(0)

    @flow.step("fails", on_error="continue", retries=1)
    async def fails(self, run: int, trace: list[int]):
        trace.append(-1)
        await asyncio.sleep(0)
        if run % 3 == 0:
            raise ValueError(run)
        return {"fine": flow.current().attempt}

    @flow.step("last")
    def last(self, run: int, trace: list[int], id: str):
        trace.append(run)
        return {"same": flow.current().run_id == id}


def expected_of(run: int, id: str) -> dict[str, Any]:
    context = {"run": run, "id": id, "trace": [run, *[run] * (run % 2), run], "same": True}
    return context if run % 3 == 0 else {**context, "fine": 1}


async def run_once(instance: Busy, run: int) -> tuple[dict[str, Any], list[StepEvent], list[int]]:
    events: list[StepEvent] = []
    errors: list[int] = []

    async def complete(event: StepEvent) -> None:
        assert event.context["run"] == run
        assert deserialize_checkpoint(event.checkpoint).output["run"] == run
        await asyncio.sleep(0)
        events.append(event)

    def failed(step_name: str, error: Exception) -> None:
        errors.append(error.args[0])

    return await instance.run({"run": run}, on_step_complete=complete, on_step_error=failed), events, errors


def test_500_concurrent_runs_of_one_instance_do_not_see_each_other() -> None:
    instance = Busy()

    async def main() -> list[tuple[dict[str, Any], list[StepEvent], list[int]]]:
        return await asyncio.gather(*(run_once(instance, run) for run in range(RUNS)))

    outcomes = asyncio.run(main())
    for run, (context, events, errors) in enumerate(outcomes):
        assert context == expected_of(run, context["id"])
        names = ["first", *["sometimes"] * (run % 2), *["fails"] * (run % 3 != 0), "last"]
        assert [event.step_name for event in events] == names
        assert errors == ([run, run] if run % 3 == 0 else [])
    assert len({context["id"] for context, _, _ in outcomes}) == RUNS


def test_500_concurrent_resumes_of_one_checkpoint_do_not_see_each_other() -> None:
    instance = Busy()

    async def main() -> list[dict[str, Any]]:
        _, events, _ = await run_once(instance, 1)
        saved = events[0].checkpoint
        return await asyncio.gather(
            *(instance.run_checkpoint(saved, override_data={"run": run, "trace": [run]}) for run in range(RUNS))
        )

    contexts = asyncio.run(main())
    assert contexts == [expected_of(run, contexts[0]["id"]) for run in range(RUNS)]


def test_runs_of_one_instance_in_many_threads_do_not_see_each_other() -> None:
    class InThreads(Flow):
        @flow.step
        def first(self, run: int):
            return {"thread": threading.get_ident(), "path": flow.current().path}

        @flow.step(thread=True)
        def second(self, run: int):
            return {"other": threading.get_ident(), "second": (run, flow.current().path)}

        @flow.step(on_error="continue")
        def third(self, run: int, thread: int):
            return {"third": (run, flow.current().path, threading.get_ident() == thread)}

    instance = InThreads()
    with ThreadPoolExecutor(8) as pool:
        contexts = list(pool.map(lambda run: instance.run_sync({"run": run}), range(200)))
    for run, context in enumerate(contexts):
        assert context["second"] == (run, "second")
        assert context["third"] == (run, "third", True)
        assert context["other"] != context["thread"]


def test_a_run_that_is_stopped_cancelled_or_fails_does_not_touch_the_others() -> None:
    class Ends(Flow):
        @flow.step
        async def first(self, run: int):
            await asyncio.sleep(0)
            return {"a": run}

        @flow.step
        async def second(self, run: int):
            await asyncio.sleep(0)
            if run % 4 == 1:
                raise ValueError(run)
            if run % 4 == 2:
                await asyncio.Event().wait()
            return {"b": run}

    instance = Ends()

    async def main() -> list[Any]:
        def stop_every_fourth(event: StepEvent) -> None:
            if event.context["run"] % 4 == 3:
                event.stop_pipeline()

        tasks = [
            asyncio.create_task(instance.run({"run": run}, on_step_complete=stop_every_fourth)) for run in range(40)
        ]
        for _ in range(10):
            await asyncio.sleep(0)
        for task in tasks[2::4]:
            task.cancel()
        return await asyncio.gather(*tasks, return_exceptions=True)

    outcomes = asyncio.run(main())
    for run, outcome in enumerate(outcomes):
        if run % 4 == 0:
            assert outcome == {"run": run, "a": run, "b": run}
        elif run % 4 == 1:
            assert isinstance(outcome, ValueError)
            assert outcome.args == (run,)
        elif run % 4 == 2:
            assert isinstance(outcome, asyncio.CancelledError)
        else:
            assert outcome == {"run": run, "a": run}


# Changes in place


class Account:
    def __init__(self, balance: int) -> None:
        self.balance = balance
        self.log: list[str] = []


def spoil(account: Account, deep: dict[str, list[int]]) -> None:
    account.balance = -1
    account.log.append("spoiled")
    deep["list"].append(-1)
    deep["new"] = []


class Guarded(Flow):
    def __init__(self, then: str) -> None:
        self.then = then
        self.released = threading.Event()
        self.late = threading.Event()

    @flow.step("continued", on_error="continue", when=lambda self: self.then == "continue")
    def continued(self, account, deep):
        spoil(account, deep)
        raise ValueError

    @flow.step("async-continued", on_error="continue", when=lambda self: self.then == "async-continue")
    async def continued_async(self, account, deep):
        spoil(account, deep)
        await asyncio.sleep(0)
        spoil(account, deep)
        raise ValueError

    @flow.step("whole", on_error="continue", when=lambda self: self.then == "whole")
    def whole(self, ctx, /):
        spoil(ctx["account"], ctx["deep"])
        raise ValueError

    @flow.step("retried", retries=2, when=lambda self: self.then == "retry")
    def retried(self, account, deep):
        assert account.balance == 10
        assert deep == {"list": [1]}
        if flow.current().attempt < 3:
            spoil(account, deep)
            raise ValueError

    @flow.step("timed-out", timeout=0.01, on_error="continue", when=lambda self: self.then == "timeout")
    def timed_out(self, account, deep):
        spoil(account, deep)
        self.released.wait(30)
        spoil(account, deep)
        self.late.set()
        return {"late": True}

    @flow.step("async-timed-out", timeout=0.01, on_error="continue", when=lambda self: self.then == "async-timeout")
    async def timed_out_async(self, account, deep):
        spoil(account, deep)
        try:
            await asyncio.Event().wait()
        finally:
            spoil(account, deep)

    @flow.step("merged", merge="error", on_error="continue", when=lambda self: self.then == "collide")
    def merged(self, account, deep):
        spoil(account, deep)
        return {"account": None, "new": 1}

    @flow.step("skipping", on_error="skip-remaining", when=lambda self: self.then == "skip-remaining")
    def skipping(self, account, deep):
        spoil(account, deep)
        raise ValueError

    @flow.transform("transformed", on_error="continue", when=lambda self: self.then == "transform")
    def transformed(self, account, deep):
        spoil(account, deep)
        return None

    @flow.step("release")
    def release(self):
        self.released.set()
        if self.then == "timeout":
            assert self.late.wait(30)


GIVEN_UP = ["continue", "async-continue", "whole", "retry", "timeout", "async-timeout"]
GIVEN_UP += ["collide", "skip-remaining", "transform"]


@pytest.mark.parametrize("then", GIVEN_UP)
@pytest.mark.parametrize("listened", [False, True])
@pytest.mark.in_one_piece
def test_what_a_given_up_attempt_changes_in_place_changes_nothing(then: str, listened: bool) -> None:
    account, deep = Account(10), {"list": [1]}
    arguments: dict[str, Any] = {"on_step_complete": lambda event: event.context} if listened else {}
    context = Guarded(then).run_sync({"account": account, "deep": deep}, **arguments)
    assert set(context) == {"account", "deep"}
    assert (context["account"].balance, context["account"].log, context["deep"]) == (10, [], {"list": [1]})
    assert (account.balance, account.log, deep) == (10, [], {"list": [1]})


def test_what_one_guarded_step_read_twice_is_one_object() -> None:
    class Shares(Flow):
        @flow.step(on_error="continue")
        def compare(self, a, b):
            return {"same": a is b}

    items: list[int] = []
    assert Shares().run_sync({"a": items, "b": items})["same"] is True


def test_a_timed_out_attempt_cannot_stop_or_be_seen() -> None:
    instance = Guarded("timeout")
    seen: list[str] = []
    errors: list[str] = []
    instance.run_sync(
        {"account": Account(1), "deep": {"list": []}},
        on_step_complete=lambda event: seen.append(event.step_name),
        on_step_error=lambda name, error: errors.append(f"{name}: {type(error).__name__}"),
    )
    assert seen == ["release"]
    assert errors == [f"timed-out: {StepTimeoutError.__name__}"]


@pytest.mark.in_one_piece
def test_what_cannot_be_copied_is_shared() -> None:
    class Locks(Flow):
        @flow.step(on_error="continue")
        def use(self, lock, data):
            return {"is_same": [lock, data["lock"]]}

    lock = threading.Lock()
    context = Locks().run_sync({"lock": lock, "data": {"lock": lock}})
    assert context["is_same"][0] is lock
    assert context["is_same"][1] is lock


@pytest.mark.in_one_piece
def test_the_callers_values_may_be_changed_only_by_steps_that_nothing_guards() -> None:
    class Plain(Flow):
        @flow.step
        def append(self, items):
            items.append(1)

    items: list[int] = []
    assert Plain().run_sync({"items": items}) == {"items": [1]}
    assert items == [1]
