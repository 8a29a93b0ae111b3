"""Runs can be told apart: ids in events, checkpoints, log records and notes, and which ids are allowed."""

from __future__ import annotations

import asyncio
import json
import logging
import re
import threading
from typing import Any, TypedDict
from uuid import UUID

import pytest
from notes import notes

from stepkit import Flow, LogConfig, StepEvent, flow
from stepkit.errors import InvalidIdError, MissingKeyError
from stepkit.ids import MAX_LENGTH, checked_id
from stepkit.runtime import Run, new_run


class Input(TypedDict):
    n: int


class Count(Flow[Input]):
    @flow.step("first")
    def first(self, n: int):
        return {"n": n + 1, "id_in_step": flow.current().run_id}

    @flow.step("second")
    def second(self, n: int):
        return {"n": n + 1, "key": flow.current().idempotency_key}


class Fails(Flow):
    @flow.step("bad")
    def bad(self):
        raise ValueError("bad")


def events_of(**arguments: Any) -> list[StepEvent[str, dict[str, Any]]]:
    events: list[Any] = []
    Count().run_sync({"n": 0}, on_step_complete=events.append, **arguments)
    return events


def test_the_id_that_a_run_is_given_is_in_steps_events_and_checkpoints() -> None:
    events = events_of(run_id="invoice 7")
    assert [event.run_id for event in events] == ["invoice 7"] * 2
    assert json.loads(events[0].checkpoint)["flow"]["run"] == "invoice 7"
    assert events[1].context == {"n": 2, "id_in_step": "invoice 7", "key": "invoice 7/second"}
    result = asyncio.run(Count().run({"n": 0}, run_id="invoice 8"))
    assert result["id_in_step"] == "invoice 8"


def test_an_id_that_is_left_out_is_random() -> None:
    events = events_of()
    assert events[0].run_id == events[1].run_id == events[1].context["id_in_step"]
    assert UUID(events[0].run_id).version == 4  # 122 random bits
    assert events_of()[0].run_id != events[0].run_id


def test_a_run_that_nobody_asks_makes_no_id(monkeypatch: pytest.MonkeyPatch) -> None:
    class Plain(Flow):
        @flow.step("go")
        def go(self):
            return {"went": True}

    def never() -> UUID:
        raise AssertionError("an id was made")

    monkeypatch.setattr("uuid.uuid4", never)
    assert Plain().run_sync(on_step_complete=lambda event: None) == {"went": True}


def test_threads_that_ask_at_the_same_time_get_one_id() -> None:
    for _ in range(200):
        run = new_run(Count())
        barrier = threading.Barrier(4)
        found: list[str] = []

        def ask(run: Run = run, barrier: threading.Barrier = barrier, found: list[str] = found) -> None:
            barrier.wait()
            found.append(run.id)

        threads = [threading.Thread(target=ask) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(set(found)) == 1


def test_a_resumed_run_keeps_its_id_and_its_idempotency_keys() -> None:
    events = events_of(run_id="invoice-7")
    again: list[Any] = []
    result = Count().run_checkpoint_sync(events[0].checkpoint, on_step_complete=again.append)
    assert result["key"] == "invoice-7/second"
    assert [event.run_id for event in again] == ["invoice-7"]


def test_a_checkpoint_that_was_written_by_hand_gets_an_id_of_its_own() -> None:
    events: list[Any] = []
    Count().run_checkpoint_sync('{"stepName":"first","output":{"n":1}}', on_step_complete=events.append)
    assert UUID(events[0].run_id).version == 4


def test_an_event_that_is_kept_knows_its_run() -> None:
    events: list[StepEvent[str, Any]] = []

    def keep_unread(event: StepEvent[str, Any]) -> None:
        events.append(event)

    Count().run_sync({"n": 0}, on_step_complete=keep_unread)
    assert events[0].run_id == events[0].context["id_in_step"]


# Notes


def test_the_note_on_a_steps_error_names_the_run() -> None:
    with pytest.raises(ValueError, match="bad") as caught:
        Fails().run_sync(run_id="batch-3")
    assert caught.value.__notes__ == ['in flow Fails, step "bad", run batch-3']


def test_errors_of_stepkit_that_name_the_step_have_a_note_of_the_run() -> None:
    with pytest.raises(MissingKeyError) as caught:
        Count().run_sync({}, run_id="batch-4")  # type: ignore[typeddict-item]
    assert caught.value.__notes__ == ["run batch-4"]


@pytest.mark.parametrize("is_async", [False, True])
def test_the_error_of_a_callback_has_a_note_of_the_run(is_async: bool) -> None:
    def save(event: object) -> None:
        raise OSError("disk full")

    async def save_later(event: object) -> None:
        await asyncio.sleep(0)
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full") as caught:
        Count().run_sync({"n": 0}, run_id="batch-5", on_step_complete=save_later if is_async else save)
    assert caught.value.__notes__ == ["run batch-5"]


def test_a_nested_step_is_noted_once() -> None:
    class Outer(Flow):
        inner = flow.subflow("inner", Fails)

    with pytest.raises(ValueError, match="bad") as caught:
        Outer().run_sync()
    assert notes(caught.value) == ['in flow Outer, step "inner/bad", run ...']


# The log


def test_every_log_record_has_the_runs_id(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="stepkit")
    Count().run_sync({"n": 0}, log=LogConfig(stopwatch=True), run_id="invoice-7")
    assert len(caplog.records) > 8
    assert {vars(record)["run_id"] for record in caplog.records} == {"invoice-7"}


def test_so_has_a_warning_of_a_run_that_is_not_logged(caplog: pytest.LogCaptureFixture) -> None:
    class Replaces(Flow):
        @flow.step("one", merge="warn")
        def one(self):
            return {"a": 2}

    Replaces().run_sync({"a": 1}, run_id="invoice-7")
    (record,) = caplog.records
    assert (vars(record)["run_id"], vars(record)["step"], vars(record)["flow"]) == ("invoice-7", "one", "Replaces")


def test_lines_name_the_run_only_while_more_than_one_is_logged() -> None:
    lines: list[str] = []
    config = LogConfig(log_fn=lines.append, emoji=False)

    class Inner(Flow):
        @flow.step("inside")
        def inside(self): ...

    class Outer(Flow):
        @flow.step("before")
        def before(self): ...

        @flow.step("around")
        def around(self):
            Inner().run_sync(log=config)

        @flow.step("after")
        def after(self): ...

    Outer().run_sync(log=config, run_id="order-1")
    assert lines[:4] == ["Starting pipeline", "Step: before", "before completed", "Step: around"]
    of_inner = [line for line in lines[4:] if not line.startswith("[order-1]")]
    assert all(re.match(r"\[[0-9a-f]{8}\] ", line) for line in of_inner)
    assert [line.partition("] ")[2] for line in of_inner] == [
        "Starting pipeline",
        "Step: inside",
        "inside completed",
        "Pipeline completed successfully",
    ]
    lines.clear()
    Outer().before()
    Inner().run_sync(log=config)
    assert lines[0] == "Starting pipeline"


def test_runs_at_the_same_time_can_be_told_apart_in_their_lines() -> None:
    lines: list[str] = []

    class Waits(Flow):
        @flow.step("wait")
        async def wait(self) -> None:
            await asyncio.sleep(0.01)

    async def main() -> None:
        config = LogConfig(log_fn=lines.append, emoji=False)
        await asyncio.gather(*(Waits().run(log=config, run_id=f"run {number}") for number in range(3)))

    asyncio.run(main())
    for number in range(3):
        own = [line for line in lines if line.startswith(f"[run {number}] ")]
        assert own[-1] == f"[run {number}] Pipeline completed successfully"


# The rule


@pytest.mark.parametrize(
    "id",
    [
        "a",
        "invoice 7",
        "a" * MAX_LENGTH,
        "Rechnung-№7-ü",
        "日本",
        "a:b.c_d|e\\f'g\"h",
        "%s{}",
        "7bbb1d1ca47b49b7a765b25aa248d970",
    ],
)
def test_ids_that_are_allowed_come_back_as_they_are(id: str) -> None:
    assert checked_id(id, "the id") is id
    assert events_of(run_id=id)[0].run_id == id


@pytest.mark.parametrize(
    ("id", "problem"),
    [
        (7, "is a string, not int"),
        (UUID(int=1), "is a string, not UUID"),
        (b"abc", "is a string, not bytes"),
        ("", "is empty"),
        ("SECRET" * 40, "has 240 characters; at most 200 are allowed"),
        ("SECRET\n", "has a control character, a format character or a surrogate at position 6"),
        ("SECRET\x00", "has a control character"),
        ("SECRET\u202e", "has a control character, a format character"),
        ("SECRET\u2028", "has a control character"),
        ("SECRET\ud800", "has a control character, a format character or a surrogate"),
        ("SECRET/a", 'has a "/" at position 6'),
        (" SECRET", "begins or ends with whitespace"),
        ("SECRET\u00a0", "begins or ends with whitespace"),
    ],
)
def test_every_other_id_is_refused_and_not_shown(id: Any, problem: str) -> None:
    with pytest.raises(InvalidIdError) as caught:
        Count().run_sync({"n": 0}, run_id=id)
    assert str(caught.value).startswith(f"flow Count: run_id {problem}")
    assert "SECRET" not in str(caught.value)
    with pytest.raises(InvalidIdError):
        asyncio.run(Count().run({"n": 0}, run_id=id))
