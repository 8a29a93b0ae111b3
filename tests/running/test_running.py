"""Running flat flows: the four entries agree, loops, cancellation, stops."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import threading
from collections.abc import Callable
from typing import Any

import pytest
from calc import Calc

from stepkit import Checkpoint, Flow, StepEvent, deserialize_checkpoint, flow
from stepkit.errors import EventLoopError, FlowInputError, RunCancelledError


class Mixed(Flow):
    @flow.step("add-one")
    def add_one(self, a: int):
        return {"a": a + 1}

    @flow.step("double")
    async def double(self, a: int):
        await asyncio.sleep(0)
        return {"a": a * 2}

    @flow.step("finish")
    def finish(self, a: int, b: int = 0):
        return {"sum": a + b}


@pytest.mark.parametrize("flow_class", [Mixed, Calc])
def test_the_four_ways_to_run_agree(flow_class: type[Flow[Any]]) -> None:
    events: dict[str, list[tuple[str, dict[str, Any], Any]]] = {"async": [], "sync": []}
    checkpoints: dict[str, list[str]] = {"async": [], "sync": []}

    def keep(how: str) -> Callable[[StepEvent], None]:
        def callback(event: StepEvent) -> None:
            state = json.loads(event.checkpoint)
            assert len(state["flow"].pop("run")) == 32
            events[how].append((event.step_name, event.context, state))
            checkpoints[how].append(event.checkpoint)

        return callback

    result = asyncio.run(flow_class().run({"a": 1, "b": 10}, on_step_complete=keep("async")))
    assert flow_class().run_sync({"a": 1, "b": 10}, on_step_complete=keep("sync")) == result
    assert result == {"a": 4, "b": 10, "sum": 14}
    assert events["sync"] == events["async"]
    resumed: Any = None
    for one, other in zip(checkpoints["async"], checkpoints["sync"], strict=True):
        assert flow_class().run_checkpoint_sync(one) == result
        assert asyncio.run(flow_class().run_checkpoint(other)) == result
        override = {"b": 20, "extra": None}
        resumed = flow_class().run_checkpoint_sync(one, override_data=override)
        assert asyncio.run(flow_class().run_checkpoint(one, override_data=override)) == resumed
    assert resumed == {"a": 4, "b": 20, "extra": None, "sum": 14}


def test_a_checkpoint_is_taken_as_text_bytes_or_object() -> None:
    seen: list[str] = []
    result = Calc().run_sync({"a": 1}, on_step_complete=lambda event: seen.append(event.checkpoint))
    assert Calc().run_checkpoint_sync(seen[0]) == result
    assert Calc().run_checkpoint_sync(seen[0].encode()) == result
    assert Calc().run_checkpoint_sync(deserialize_checkpoint(seen[0])) == result
    assert Calc().run_checkpoint_sync(Checkpoint("add-one", {"a": 2})) == result


def test_the_last_steps_checkpoint_resumes_to_the_result_without_running_anything() -> None:
    seen: list[str] = []
    result = Calc().run_sync({"a": 1}, on_step_complete=lambda event: seen.append(event.checkpoint))
    events: list[str] = []
    assert Calc().run_checkpoint_sync(seen[-1], on_step_complete=lambda e: events.append(e.step_name)) == result
    assert events == []


def test_a_resumed_run_gives_checkpoints_that_resume_too() -> None:
    checkpoints: list[str] = []

    def only_first(event: StepEvent) -> None:
        checkpoints.append(event.checkpoint)
        event.stop_pipeline()

    contexts = [Calc().run_sync({"a": 1}, on_step_complete=only_first)]
    for _ in range(2):
        contexts.append(Calc().run_checkpoint_sync(checkpoints[-1], on_step_complete=only_first))
    assert contexts == [{"a": 2}, {"a": 4}, {"a": 4, "sum": 4}]
    assert [json.loads(checkpoint)["stepName"] for checkpoint in checkpoints] == ["add-one", "double", "finish"]


def test_override_data_is_merged_shallowly_and_not_written_to() -> None:
    class Nested(Flow):
        @flow.step
        def first(self):
            return {"deep": {"a": 1, "b": 2}}

        @flow.step
        def second(self, deep):
            deep["c"] = 3

    seen: list[str] = []
    Nested().run_sync(on_step_complete=lambda event: seen.append(event.checkpoint))
    override = {"deep": {"a": 9}}
    assert Nested().run_checkpoint_sync(seen[0], override_data=override)["deep"] == {"a": 9, "c": 3}
    assert Nested().run_checkpoint_sync(seen[0], override_data={})["deep"] == {"a": 1, "b": 2, "c": 3}


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        (5, "not int"),
        ([("a", 1)], "not list"),
        ("a", "not str"),
        ({1: "a"}, "but has a key of type int"),
        ({"a": 1, None: 2}, "but has a key of type NoneType"),
    ],
)
def test_what_is_no_input(given: Any, problem: str) -> None:
    with pytest.raises(FlowInputError) as caught:
        Calc().run_sync(given)
    assert str(caught.value) == f"flow Calc: the input is a mapping with string keys, {problem}"
    with pytest.raises(FlowInputError):
        asyncio.run(Calc().run(given))
    with pytest.raises(FlowInputError) as caught:
        Calc().run_checkpoint_sync(Checkpoint("double", {"a": 1}), override_data=given)
    assert str(caught.value) == f"flow Calc: override_data is a mapping with string keys, {problem}"


# Loops


def _python(program: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)


def test_run_sync_of_sync_steps_imports_no_asyncio() -> None:
    done = _python("""
import sys
from stepkit import Flow, flow

class Calc(Flow):
    @flow.step("one", retries=2)
    def one(self, a):
        return {"a": a + 1}

    @flow.step("two", when=lambda a: True, on_error="continue", merge="skip")
    def two(self, a):
        return {"b": flow.current().path}

seen = []
Calc().run_sync({"a": 1}, on_step_complete=lambda event: seen.append((event.checkpoint, event.context)))
assert Calc().run_checkpoint_sync(seen[0][0]) == {"a": 2, "b": "two"}
print(sorted(name for name in sys.modules if name.partition(".")[0] in ("asyncio", "concurrent", "socket", "ssl")))
""")
    assert (done.stderr, done.stdout) == ("", "[]\n")


def test_run_sync_of_async_steps_inside_a_running_loop_says_what_to_do() -> None:
    async def main() -> None:
        Mixed().run_sync({"a": 1})

    with pytest.raises(EventLoopError) as caught:
        asyncio.run(main())
    assert str(caught.value) == (
        "flow Mixed: run_sync cannot be used in a thread whose event loop is running, because its async steps are "
        '"double"; write `await flow.run(...)` instead'
    )


def test_run_sync_with_an_async_condition_or_callback_inside_a_running_loop_is_refused_too() -> None:
    async def wanted() -> bool:
        return True

    async def callback(event: StepEvent) -> None: ...

    ran: list[str] = []

    class Conditional(Flow):
        @flow.step("first")
        def first(self):
            ran.append("first")

        @flow.step("second", when=wanted)
        def second(self): ...

    class FallsBack(Flow):
        @flow.step("fails", on_error="ask")
        def fails(self):
            raise ConnectionError("down")

        async def ask(self, error): ...

    async def main() -> None:
        with pytest.raises(EventLoopError, match='because its async steps are "second"'):
            Conditional().run_sync()
        with pytest.raises(EventLoopError, match='because its async steps are "fails"'):
            FallsBack().run_sync()
        with pytest.raises(EventLoopError, match="because it has an async callback"):
            Calc().run_sync({"a": 1}, on_step_complete=callback)

    asyncio.run(main())
    assert ran == []


class Waits(Flow):
    """Sync steps, but the interpreter needs a loop for them."""

    @flow.step(thread=True)
    def moved(self, a: int):
        return {"moved": a}

    @flow.step(timeout=60)
    def limited(self, a: int):
        return {"limited": a}

    @flow.step(retries=1, retry_delay=lambda attempt, error: 0.0)
    def delayed(self, a: int):
        if flow.current().attempt == 1:
            raise OSError("not yet")
        return {"delayed": a}

    group = flow.parallel("group")

    @group.step
    def left(self, a: int):
        return {"left": a}

    @group.step
    def right(self, a: int):
        return {"right": a}


WAITED = {"a": 1, "moved": 1, "limited": 1, "delayed": 1, "left": 1, "right": 1}


@pytest.mark.parametrize(
    ("flow_class", "result"), [(Calc, {"a": 4, "sum": 4}), (Waits, WAITED)], ids=["plain", "threads"]
)
def test_run_sync_of_sync_steps_works_inside_a_running_loop(flow_class: Any, result: dict[str, Any]) -> None:
    async def main() -> Any:
        return flow_class().run_sync({"a": 1})

    assert asyncio.run(main()) == result
    assert flow_class().run_sync({"a": 1}) == result
    assert asyncio.run(flow_class().run({"a": 1})) == result


def test_run_sync_works_in_a_thread_beside_a_running_loop() -> None:
    async def main() -> Any:
        return await asyncio.to_thread(Mixed().run_sync, {"a": 1})

    assert asyncio.run(main()) == {"a": 4, "sum": 4}


def test_run_sync_with_async_callbacks_needs_no_loop_of_ones_own() -> None:
    seen: list[str] = []

    async def complete(event: StepEvent) -> None:
        await asyncio.sleep(0)
        seen.append(event.step_name)

    assert Calc().run_sync({"a": 1}, on_step_complete=complete) == {"a": 4, "sum": 4}
    assert seen == ["add-one", "double", "finish"]


# Cancellation


class Counted(threading.Event):
    """Is set after it was asked that many times."""

    def __init__(self, times: int) -> None:
        super().__init__()
        self.times = times

    def is_set(self) -> bool:
        self.times -= 1
        return self.times < 0


@pytest.mark.parametrize("flow_class", [Mixed, Calc])
def test_cancel_is_looked_at_before_every_step(flow_class: Any) -> None:
    completed: list[str] = []
    steps = ["add-one", "double", "finish"]
    for number, step in enumerate(steps):
        completed.clear()
        with pytest.raises(RunCancelledError) as caught:
            flow_class().run_sync(
                {"a": 1}, cancel=Counted(number), on_step_complete=lambda event: completed.append(event.step_name)
            )
        assert str(caught.value) == f'flow {flow_class.__name__}: the run was cancelled before step "{step}"'
        assert completed == steps[:number]
    assert flow_class().run_sync({"a": 1}, cancel=Counted(3)) == {"a": 4, "sum": 4}


def test_cancel_set_by_another_thread_ends_the_run_between_steps() -> None:
    cancel = threading.Event()
    ran: list[str] = []

    class Long(Flow):
        @flow.step(on_error="continue", retries=5)
        def first(self):
            thread = threading.Thread(target=cancel.set)
            thread.start()
            thread.join()
            ran.append("first")

        @flow.step(on_error="continue")
        def second(self):
            ran.append("second")

    failed: list[str] = []
    with pytest.raises(RunCancelledError):
        Long().run_sync(cancel=cancel, on_step_error=lambda name, error: failed.append(name))
    assert (ran, failed) == (["first"], [])


@pytest.mark.parametrize("cancel", [True, "now", object()])
def test_what_cannot_say_whether_it_is_set_is_refused_as_cancel(cancel: Any) -> None:
    ran: list[str] = []

    class Once(Flow):
        step = flow.step(lambda self: ran.append("step"))

    with pytest.raises(TypeError, match=r"^cancel has a method is_set\(\), as a threading.Event, unlike "):
        Once().run_sync(cancel=cancel)
    assert ran == []


def test_cancel_is_looked_at_when_a_run_is_resumed() -> None:
    cancel = threading.Event()
    cancel.set()
    with pytest.raises(RunCancelledError, match='before step "finish"'):
        Calc().run_checkpoint_sync(Checkpoint("double", {"a": 1}), cancel=cancel)


@pytest.mark.parametrize("options", [{}, {"on_error": "continue"}, {"on_error": "skip-remaining"}, {"retries": 3}])
def test_cancelling_the_task_passes_through_every_policy(options: dict[str, Any]) -> None:
    attempts: list[int] = []
    later: list[str] = []

    class Waiting(Flow):
        @flow.step(**options)
        async def wait(self):
            attempts.append(flow.current().attempt)
            await asyncio.Event().wait()

        @flow.step
        def after(self):
            later.append("after")

    failed: list[str] = []

    async def main() -> None:
        task = asyncio.create_task(Waiting().run(on_step_error=lambda name, error: failed.append(name)))
        while not attempts:
            await asyncio.sleep(0)
        task.cancel("told to")
        with pytest.raises(asyncio.CancelledError):
            await task
        assert task.cancelled()

    asyncio.run(main())
    assert (attempts, later, failed) == ([1], [], [])


def test_a_step_that_ends_the_process_does() -> None:
    class Exits(Flow):
        @flow.step(on_error="continue", retries=2)
        def leave(self):
            raise SystemExit(3)

    with pytest.raises(SystemExit):
        Exits().run_sync()
