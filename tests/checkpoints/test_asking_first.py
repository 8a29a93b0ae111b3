"""Asking before a resume: ``check``, ``load``, ``start_checkpoint``, checked inputs, overrides that nobody knows."""

from __future__ import annotations

import asyncio
import json
import logging
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NotRequired, TypedDict

import pytest

from stepkit import Checkpoint, Flow, LogConfig, flow
from stepkit.errors import (
    CheckpointFlowError,
    CheckpointFormatError,
    CheckpointKeyError,
    CheckpointStepError,
    CheckpointValueError,
    FlowInputError,
    ResumeSizeError,
    UnsavableValueError,
)

RAN: list[str] = []


@pytest.fixture(autouse=True)
def nothing_ran() -> None:
    RAN.clear()


class Request(TypedDict):
    amount: int
    due: NotRequired[datetime]


class Draft(TypedDict):
    draft: str


@dataclass
class Sender:
    name: str


class Publish(Flow[Request], max_checkpoint_size=2_000, codecs=[Sender]):
    @flow.step("draft")
    def draft(self, amount: int) -> Draft:
        RAN.append("draft")
        return {"draft": f"{amount} due"}

    @flow.step("publish")
    def publish(self, draft: str, manager: str, due: datetime | None = None):
        RAN.append("publish")
        return {"published": f"{draft}, {manager}"}


def after_draft(**more: Any) -> str:
    texts: list[str] = []

    def stop(event: Any) -> None:
        texts.append(event.checkpoint)
        event.stop_pipeline()

    Publish().run_sync({"amount": 3, **more}, on_step_complete=stop)  # type: ignore[typeddict-item]
    RAN.clear()
    return texts[0]


# check


def test_check_says_whether_today_s_flow_would_resume_it_and_runs_nothing() -> None:
    text = after_draft(manager="ana")
    assert Publish.check(text) is None
    assert Publish().check(text) is None
    assert Publish.check(text.encode()) is None
    assert Publish.check(Checkpoint("draft", {"draft": "x", "manager": "ana"})) is None
    assert RAN == []


@pytest.mark.parametrize(
    ("change", "error"),
    [
        (lambda text: text[:-1], CheckpointFormatError),
        (lambda text: text + " " * 2_000, ResumeSizeError),
        (lambda text: text.replace('"name":"Publish"', '"name":"Other"'), CheckpointFlowError),
        (lambda text: text.replace('"stepName":"draft"', '"stepName":"drift"'), CheckpointStepError),
        (lambda text: text.replace('"manager"', '"boss"'), CheckpointKeyError),
        (lambda text: text.replace('"ana"', "7"), CheckpointValueError),
    ],
)
def test_check_gives_the_refusal_as_a_value(change: Any, error: type[Exception]) -> None:
    text = change(after_draft(manager="ana"))
    refusal = Publish.check(text)
    assert type(refusal) is error
    with pytest.raises(error) as caught:
        Publish().run_checkpoint_sync(text)
    assert str(caught.value) == str(refusal)
    assert RAN == []


def test_check_takes_the_override_data_into_account() -> None:
    text = after_draft()
    assert type(Publish.check(text)) is CheckpointKeyError
    assert Publish.check(text, {"manager": "ana"}) is None
    assert type(Publish.check(text, override_data={"manager": 7})) is CheckpointValueError
    with pytest.raises(FlowInputError):
        Publish.check(text, {1: 2})


# load


def test_load_gives_the_context_with_its_values_restored() -> None:
    text = after_draft(due=datetime(2030, 1, 2), sender=Sender("ana"))
    context = Publish.load(text)
    assert context == {"amount": 3, "due": datetime(2030, 1, 2), "sender": Sender("ana"), "draft": "3 due"}
    assert Publish().load(text) == context
    assert RAN == []


def test_load_gives_what_a_missing_key_or_a_wrong_value_is_to_be_decided_on() -> None:
    text = after_draft()
    assert Publish.load(text) == {"amount": 3, "draft": "3 due"}
    assert Publish.load(text.replace('"3 due"', "3")) == {"amount": 3, "draft": 3}
    with pytest.raises(CheckpointFormatError):
        Publish.load(text[:-1])
    with pytest.raises(CheckpointStepError):
        Publish.load(text.replace('"stepName":"draft"', '"stepName":"drift"'))


def test_load_reads_the_json_forms_of_a_bare_checkpoint() -> None:
    bare = '{"stepName":"draft","output":{"draft":"x","manager":"ana","due":"2030-01-02T00:00:00"}}'
    assert Publish.load(bare)["due"] == datetime(2030, 1, 2)


def test_inside_of_a_nested_flow_it_is_the_context_there() -> None:
    class Inner(Flow):
        @flow.transform("reduce")
        def reduce(self, a: int):
            return {"only": a}

        @flow.step("rest")
        def rest(self): ...

    class Outer(Flow):
        def __init__(self, inner: type[Flow[Any]]) -> None:
            self.inner_class = inner

        inner = flow.subflow("inner", lambda self: self.inner_class())

    texts: dict[str, str] = {}
    Outer(Inner).run_sync({"a": 1}, on_step_complete=lambda event: texts.setdefault(event.step_name, event.checkpoint))
    assert Outer(Inner).load(texts["inner/reduce"]) == {"only": 1}
    assert Outer(Inner).check(texts["inner/reduce"]) is None
    with pytest.raises(TypeError, match=r"ask an instance: .*Outer\(\.\.\.\)"):
        Outer.check(texts["inner/reduce"])


def test_a_flow_may_have_steps_called_check_and_load() -> None:
    class Loads(Flow):
        @flow.step("load")
        def load(self):
            return {"a": 1}

        @flow.step("check")
        def check(self, a: int):
            return {"checked": a == 1}

    assert Loads().run_sync() == {"a": 1, "checked": True}


# start_checkpoint


def test_a_run_can_be_saved_before_it_begins() -> None:
    text = Publish.start_checkpoint({"amount": 3, "due": datetime(2030, 1, 2)}, run_id="invoice-7")
    assert RAN == []
    document = json.loads(text)
    assert (document["stepName"], document["flow"]["run"]) == ("", "invoice-7")
    events: list[Any] = []
    result = Publish().run_checkpoint_sync(text, override_data={"manager": "ana"}, on_step_complete=events.append)
    assert result["published"] == "3 due, ana"
    assert [(event.run_id, event.step_name) for event in events] == [("invoice-7", "draft"), ("invoice-7", "publish")]
    assert Publish.load(text) == {"amount": 3, "due": datetime(2030, 1, 2)}


def test_a_start_checkpoint_of_an_input_that_would_be_refused_is_not_taken() -> None:
    with pytest.raises(FlowInputError, match='lacks the key "amount"'):
        Publish.start_checkpoint({})  # type: ignore[typeddict-item]
    with pytest.raises(UnsavableValueError, match=r"flow Publish: before the first step the value at \$\.lock"):
        Publish.start_checkpoint({"amount": 1, "lock": object()})  # type: ignore[typeddict-unknown-key]


def test_each_start_checkpoint_has_an_id_of_its_own() -> None:
    ids = {json.loads(Publish.start_checkpoint({"amount": 1}))["flow"]["run"] for _ in range(3)}
    assert len(ids) == 3


# validate_input


class Checked(Publish, validate_input=True):
    pass


@pytest.mark.parametrize(
    ("input", "problem"),
    [
        ({}, 'the value at $ lacks the key "amount"'),
        ({"amount": "3", "manager": "ana"}, "the value at $.amount is"),
        ({"amount": 3, "due": "2030-01-02", "manager": "ana"}, "the value at $.due is"),
        ({"amount": 3}, 'step "publish" reads "manager", which the input does not have'),
        ({"amount": 3, "manager": 7}, 'step "publish" cannot read "manager" from the input'),
    ],
)
def test_validate_input_checks_the_input_like_a_resume(input: Any, problem: str) -> None:
    for run in (lambda: Checked().run_sync(input), lambda: asyncio.run(Checked().run(input))):
        with pytest.raises(FlowInputError) as caught:
            run()
        assert problem in str(caught.value)
        assert "checkpoint" not in str(caught.value)
    assert RAN == []


def test_an_input_that_fits_runs_and_without_the_keyword_nothing_is_checked() -> None:
    assert Checked().run_sync({"amount": 3, "manager": "ana"})["published"] == "3 due, ana"  # type: ignore[typeddict-unknown-key]
    RAN.clear()
    with pytest.raises(KeyError):
        Publish().run_sync({"amount": "3"})  # type: ignore[typeddict-item]
    assert RAN == ["draft"]


# Overrides


def test_the_message_of_a_bad_override_says_so() -> None:
    refusal = Publish.check(after_draft(), {"manager": 7})
    assert 'step "publish" cannot read "manager" from override_data' in str(refusal)
    assert "from the checkpoint" not in str(refusal)
    refusal = Publish.check(after_draft(manager=7), {"draft": "other"})
    assert 'cannot read "manager" from the checkpoint' in str(refusal)


def test_a_key_that_nobody_knows_is_merged_and_logged_with_the_nearest_name(caplog: pytest.LogCaptureFixture) -> None:
    text = after_draft(manager="ana")
    result = Publish().run_checkpoint_sync(text, override_data={"manger": "bob"})
    assert (result["manger"], result["published"]) == ("bob", "3 due, ana")
    (record,) = caplog.records
    assert record.levelname == "WARNING"
    assert record.getMessage() == (
        'flow Publish: override_data has the key "manger", which no step reads or gives and no input names; '
        'did you mean "manager"?'
    )
    assert "bob" not in record.getMessage()
    lines: list[str] = []
    Publish().run_checkpoint_sync(text, override_data={"zzz": 1}, log=LogConfig(log_fn=lines.append, emoji=False))
    assert lines[1] == (
        'Warning: override_data has the key "zzz", which no step reads or gives and no input names; '
        "it is merged all the same"
    )


def test_keys_that_somebody_knows_are_not_warned_of(caplog: pytest.LogCaptureFixture) -> None:
    class Inner(Flow):
        @flow.step("inside", when=lambda switch=True: switch)
        def inside(self):
            more = dict(by_call=1)  # noqa: C408
            more["by_item"] = 2
            return more

    class Outer(Publish, name="Publish"):
        inner = flow.subflow("inner", Inner)

    known = {"amount": 1, "due": None, "draft": "", "manager": "", "published": ""}
    known |= {"switch": True, "by_call": 2, "by_item": 2, "extra": 2}
    Outer().run_checkpoint_sync(after_draft(extra=1), override_data=known)
    assert caplog.records == []


def test_where_a_step_reads_everything_no_key_is_unknown(caplog: pytest.LogCaptureFixture) -> None:
    class Shows(Publish, name="Publish"):
        @flow.step("show")
        def show(self, context: Any, /): ...

    Shows().run_checkpoint_sync(after_draft(manager="ana"), override_data={"manger": "bob"})
    assert caplog.records == []
    caplog.set_level(logging.INFO)
