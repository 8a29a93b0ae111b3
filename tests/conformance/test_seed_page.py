"""The page that describes the original's checkpoints, in its order: from basic usage to the structure."""

from __future__ import annotations

import asyncio
import io
import itertools
from contextlib import redirect_stdout
from datetime import date, timedelta
from typing import Any, TypedDict

import pytest
from calc import Calc

from stepkit import Checkpoint, Flow, LogConfig, StepEvent, deserialize_checkpoint, flow, serialize_checkpoint


def test_basic_checkpoint_usage() -> None:
    async def main() -> dict[str, Any]:
        checkpoint = ""

        def save(event: StepEvent) -> None:
            nonlocal checkpoint
            if event.step_name == "double":
                checkpoint = event.checkpoint

        await Calc().run({"a": 1}, on_step_complete=save)
        return await Calc().run_checkpoint(checkpoint, override_data={"b": 10})

    assert asyncio.run(main()) == {"a": 4, "b": 10, "sum": 14}


def test_step_complete_event() -> None:
    class Pipeline(Flow):
        @flow.step("shout")
        def shout(self, input: str):
            return {"shouted": input.upper()}

    def tell(event: StepEvent) -> None:
        print(f"Step {event.step_name} completed in {event.duration_ms:.0f}ms")
        print("Current context:", event.context)
        print("Checkpoint:", event.checkpoint)

    printed = io.StringIO()
    with redirect_stdout(printed):
        asyncio.run(Pipeline().run({"input": "data"}, on_step_complete=tell))
    first, second, third = printed.getvalue().splitlines()
    assert first.startswith("Step shout completed in ")
    assert first.endswith("ms")
    assert second == "Current context: {'input': 'data', 'shouted': 'DATA'}"
    assert third.startswith('Checkpoint: {"stepName":"shout","output":{"input":"data","shouted":"DATA"},')


@pytest.fixture
def saved() -> str:
    """The checkpoint after ``double``, from a previous run."""
    checkpoints = {}
    Calc().run_sync({"a": 1}, on_step_complete=lambda e: checkpoints.update({e.step_name: e.checkpoint}))
    return checkpoints["double"]


def test_resume_with_a_checkpoint_string(saved: str) -> None:
    assert asyncio.run(Calc().run_checkpoint(saved)) == {"a": 4, "sum": 4}


def test_resume_with_override_data(saved: str) -> None:
    result = asyncio.run(Calc().run_checkpoint(saved, override_data={"additional_field": "value"}))
    assert result == {"a": 4, "additional_field": "value", "sum": 4}


def test_resume_with_options(saved: str) -> None:
    printed = io.StringIO()
    with redirect_stdout(printed):
        result = asyncio.run(
            Calc().run_checkpoint(
                saved,
                log=LogConfig(stopwatch=True, log_fn=lambda line: None),
                on_step_complete=lambda e: print("Step completed:", e.step_name),
            )
        )
    assert result == {"a": 4, "sum": 4}
    assert printed.getvalue() == "Step completed: finish\n"


class Count(Flow):
    def __init__(self) -> None:
        self.ran: list[str] = []

    @flow.step("s1")
    def s1(self, n: int):
        self.ran.append("s1")
        return {"n": n + 1}

    @flow.step("s2")  # the checkpoint is saved here
    def s2(self, n: int):
        self.ran.append("s2")
        return {"n": n + 1}

    @flow.step("s3")
    def s3(self, n: int):
        self.ran.append("s3")
        return {"n": n + 1}


def test_how_resume_works() -> None:
    checkpoint = ""

    def save(event: StepEvent) -> None:
        nonlocal checkpoint
        if event.step_name == "s2":
            checkpoint = event.checkpoint

    assert asyncio.run(Count().run({"n": 0}, on_step_complete=save)) == {"n": 3}
    resumed = Count()
    assert asyncio.run(resumed.run_checkpoint(checkpoint)) == {"n": 3}
    assert resumed.ran == ["s3"]


class Desk:
    """The page's human approval: start, approve, reject."""

    def __init__(self) -> None:
        self.kv: dict[str, str] = {}
        self.emails: list[tuple[str, str]] = []
        self.numbers = itertools.count(1)
        self.flow = ReplyFlow(self)

    async def send_email(self, to: str, body: str) -> None:
        self.emails.append((to, body))

    async def start(self, body: str) -> str | None:
        approval_id: str | None = None

        async def stop_for_approval(event: StepEvent) -> None:
            nonlocal approval_id
            if event.step_name.endswith("generate"):
                approval_id = f"apr_{next(self.numbers)}"
                self.kv[approval_id] = event.checkpoint
                event.stop_pipeline()

        await self.flow.run({"body": body}, on_step_complete=stop_for_approval)
        return approval_id

    async def approve(self, approval_id: str) -> None:
        checkpoint = self.kv.get(approval_id)
        if checkpoint is None:
            raise LookupError("Not found")
        await self.flow.run_checkpoint(checkpoint)
        del self.kv[approval_id]

    async def reject(self, approval_id: str) -> None:
        del self.kv[approval_id]


class Message(TypedDict):
    body: str


class ReplyFlow(Flow[Message]):
    def __init__(self, desk: Desk) -> None:
        self.desk = desk

    @flow.step("generate")
    async def generate(self, body: str):
        return {"reply": f"Reply: {body}"}

    @flow.step("send")
    async def send(self, reply: str):
        await self.desk.send_email("user@example.com", reply)


def test_human_approval_workflow() -> None:
    async def main() -> None:
        desk = Desk()
        first = await desk.start("Hello, how are you?")
        second = await desk.start("Buy now!")
        assert (first, second) == ("apr_1", "apr_2")
        assert desk.emails == []
        await desk.approve("apr_1")
        assert desk.emails == [("user@example.com", "Reply: Hello, how are you?")]
        await desk.reject("apr_2")
        assert desk.kv == {}
        for gone in ("apr_1", "apr_2"):
            with pytest.raises(LookupError, match="Not found"):
                await desk.approve(gone)
        assert len(desk.emails) == 1

    asyncio.run(main())


def test_stopping_early() -> None:
    def stop(event: StepEvent) -> None:
        if event.step_name == "s2":
            event.stop_pipeline()

    count = Count()
    assert asyncio.run(count.run({"n": 0}, on_step_complete=stop)) == {"n": 2}
    assert count.ran == ["s1", "s2"]


def test_checkpoint_structure() -> None:
    checkpoint = Checkpoint("my-step", {"a": 42})
    serialized = serialize_checkpoint(checkpoint)
    assert serialized == '{"stepName":"my-step","output":{"a":42}}'
    deserialized = deserialize_checkpoint(serialized)
    assert deserialized == checkpoint
    assert (deserialized.step_name, deserialized.output) == ("my-step", {"a": 42})


def test_a_runs_checkpoint_has_the_same_two_fields_first(saved: str) -> None:
    assert saved.startswith('{"stepName":"double","output":{"a":4},"flow":{')
    deserialized = deserialize_checkpoint(saved)
    assert (deserialized.step_name, deserialized.output) == ("double", {"a": 4})
    assert serialize_checkpoint(deserialized) == saved


def test_a_checkpoint_made_by_hand_resumes_with_python_values() -> None:
    class Dated(Flow[Any]):
        @flow.step("first")
        def first(self, day):
            return None

        @flow.step("second")
        def second(self, day):
            return {"next": day + timedelta(days=1)}

    made = Checkpoint("first", {"day": date(2024, 2, 28)})
    expected = {"day": date(2024, 2, 28), "next": date(2024, 2, 29)}
    assert expected == Dated().run_checkpoint_sync(made)
    assert expected == Dated().run_checkpoint_sync(serialize_checkpoint(made))
