"""What a resume refuses, with which message, and that no step ran."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Mapping
from datetime import datetime
from typing import Any, TypedDict

import pytest

from stepkit import Checkpoint, Flow, flow
from stepkit.errors import (
    CheckpointFlowError,
    CheckpointFormatError,
    CheckpointKeyError,
    CheckpointSizeError,
    CheckpointStepError,
    CheckpointValueError,
    ResumeRefusedError,
    ResumeSizeError,
    UnsavableSizeError,
)

RAN: list[str] = []


@pytest.fixture(autouse=True)
def no_step_ran() -> None:
    RAN.clear()


class Order(TypedDict):
    amount: int
    due: datetime


class Reserved(TypedDict):
    reservation: str


class Charged(TypedDict):
    charge: int


class Pay(Flow[Order], max_checkpoint_size=2_000):
    @flow.step("reserve")
    def reserve(self, amount: int) -> Reserved:
        RAN.append("reserve")
        return {"reservation": "r-1"}

    @flow.step("charge")
    def charge(self, amount: int, reservation: str) -> Charged:
        RAN.append("charge")
        return {"charge": amount}

    @flow.step("notify")
    def notify(self, charge: int, due: datetime, receipt: str = "none"):
        RAN.append("notify")
        return {"notified": True}


def taken(
    flow_class: type[Flow[Any]] = Pay, step: str = "reserve", given: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """The checkpoint that a real run takes after a step, as JSON data."""
    texts: dict[str, str] = {}
    flow_class().run_sync(
        {"amount": 10, "due": datetime(2026, 1, 2)} if given is None else given,
        on_step_complete=lambda event: texts.setdefault(event.step_name, event.checkpoint),
    )
    RAN.clear()
    document = json.loads(texts[step])
    assert document["stepName"] == step
    return document


def refused(
    checkpoint: Any, error: type[ResumeRefusedError], flow_class: type[Flow[Any]] = Pay, **arguments: Any
) -> str:
    """The message with which the resume is refused; no step ran, and nobody was told of any."""
    text = json.dumps(checkpoint) if isinstance(checkpoint, dict) else checkpoint
    told: list[Any] = []
    arguments |= {"on_step_complete": told.append, "on_step_error": lambda name, error: told.append(error)}
    with pytest.raises(ResumeRefusedError) as caught:
        flow_class().run_checkpoint_sync(text, **arguments)
    assert type(caught.value) is error
    with pytest.raises(error) as caught_async:
        asyncio.run(flow_class().run_checkpoint(text, **arguments))
    assert str(caught_async.value) == str(caught.value)
    assert (RAN, told) == ([], [])
    return str(caught.value)


def test_the_checkpoint_that_the_tests_spoil_is_a_good_one() -> None:
    assert Pay().run_checkpoint_sync(json.dumps(taken()))["notified"] is True
    assert RAN == ["charge", "notify"]


UNCHANGED = "Use the text that event.checkpoint gave, unchanged."
GOOD = '{"stepName":"reserve","output":{"amount":1}}'


# Not strict JSON


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "is not JSON: expecting value (character 0)"),
        ("not JSON", "is not JSON: expecting value (character 0)"),
        (GOOD + "x", "is not JSON: extra data (character 44)"),
        (GOOD[:-1], "is not JSON: expecting ',' delimiter (character 43)"),
        (GOOD.replace('"', "'"), "is not JSON: expecting property name enclosed in double quotes (character 1)"),
        (GOOD.replace("1}", "NaN}"), "is not JSON: NaN is not a JSON value"),
        (GOOD.replace("1}", "-Infinity}"), "is not JSON: -Infinity is not a JSON value"),
        (GOOD.replace("1}", "1e999}"), "is not JSON: a number is out of range"),
        (GOOD.replace("1}", '1,"amount":2}'), 'is not JSON: an object has the key "amount" twice'),
        ('{"stepName":"charge",' + GOOD[1:], 'is not JSON: an object has the key "stepName" twice'),
        ("\ufeff" + GOOD, "starts with a byte order mark, which JSON does not have"),
        (GOOD.encode() + b"\xff", "is not valid UTF-8 (byte 44)"),
        (GOOD.replace("reserve", "\ud800"), "is not valid text: it has a lone surrogate at character 13"),
        ("[" * 1_000 + "]" * 1_000, "is nested too deep"),
        ("[]", "is a list, not a JSON object with stepName and output"),
        ("null", "is null, not a JSON object with stepName and output"),
        ('"reserve"', "is a string, not a JSON object with stepName and output"),
    ],
)
def test_what_is_not_strict_json(text: str | bytes, problem: str) -> None:
    assert refused(text, CheckpointFormatError) == f"flow Pay: the checkpoint {problem}. {UNCHANGED}"


@pytest.mark.parametrize(("given", "shown"), [(None, "NoneType"), (5, "int"), ({"stepName": 1}.keys(), "dict_keys")])
def test_what_is_no_text_at_all(given: Any, shown: str) -> None:
    assert refused(given, CheckpointFormatError) == (
        f"flow Pay: the checkpoint is {shown}, not a string. Give the JSON text that event.checkpoint gave."
    )


# Fields


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"stepName": ...}, 'has no field "stepName"; it has "output", "flow"'),
        ({"output": ...}, 'has no field "output"; it has "stepName", "flow"'),
        ({"stepName": None}, 'has a field "stepName" that is null, not a string'),
        ({"stepName": 5}, 'has a field "stepName" that is a number, not a string'),
        ({"stepName": ["reserve"]}, 'has a field "stepName" that is a list, not a string'),
        ({"stepName": ""}, 'has an empty "stepName", so it does not say where to go on'),
        ({"output": None}, 'has a field "output" that is null, not an object'),
        ({"output": [1]}, 'has a field "output" that is a list, not an object'),
        ({"flow": None}, 'has a field "flow" that is null, not an object'),
        ({"flow": "Pay"}, 'has a field "flow" that is a string, not an object'),
        ({"flow.name": ...}, 'has no field "flow.name"; it has "run", "done", "types"'),
        ({"flow.name": 5}, 'has a field "flow.name" that is a number, not a string'),
        ({"flow.run": ...}, 'has no field "flow.run"; it has "name", "done", "types"'),
        ({"flow.done": ...}, 'has no field "flow.done"; it has "name", "run", "types"'),
        ({"flow.done": "abcd"}, 'has a field "flow.done" that is a string, not a list'),
        ({"flow.done": [5]}, 'has a field "flow.done" with a number in it; it is a list of strings'),
        ({"flow.done": []}, 'has a field "flow.done" that is empty'),
        ({"flow.types": []}, 'has a field "flow.types" that is a list, not an object'),
        ({"flow.types": {"who": "set"}}, 'has a type tag in "flow.types" for "who", which is not in "output"'),
        ({"flow.frames": {}}, 'has a field "flow.frames" that is an object, not a list'),
        ({"flow.frames": [1]}, 'has a field "flow.frames[0]" that is a number, not an object'),
    ],
)
def test_what_lacks_a_field_or_has_one_of_a_wrong_type(changes: dict[str, Any], problem: str) -> None:
    document = taken()
    for path, value in changes.items():
        *way, name = path.split(".")
        owner = document[way[0]] if way else document
        if value is ...:
            del owner[name]
        else:
            owner[name] = value
    assert refused(document, CheckpointFormatError) == f"flow Pay: the checkpoint {problem}. {UNCHANGED}"


def test_marks_that_are_none() -> None:
    document = taken()
    document["flow"]["done"] = ["ab("]
    assert refused(document, CheckpointFormatError) == (
        'flow Pay: the checkpoint\'s field "flow.done" has 3 characters that are no marks of steps; '
        "use the checkpoint as it was taken"
    )


def test_more_levels_than_the_step_has() -> None:
    document = taken()
    document["flow"]["done"] *= 2
    assert refused(document, CheckpointFormatError) == (
        'flow Pay: the checkpoint\'s step is 1 level(s) deep, but its field "flow" describes 2 (done) and 1 (frames); '
        "use the checkpoint as it was taken"
    )


def test_a_type_tag_that_does_not_fit_its_value() -> None:
    document = taken()
    document["output"]["due"] = "tomorrow"
    message = refused(document, CheckpointFormatError)
    assert message.startswith("flow Pay: the value at $.due in the checkpoint cannot be restored (")


# Other flows


class Refund(Flow[Order]):
    @flow.step("reserve")
    def reserve(self, amount: int) -> Reserved:
        RAN.append("reserve")
        return {"reservation": "r-1"}


def test_a_checkpoint_of_another_flow() -> None:
    assert refused(taken(Refund), CheckpointFlowError) == (
        'flow Pay: the checkpoint was taken by the flow "Refund". Resume it with that flow; if the class was only '
        'renamed, give it its former name: class ...(Flow[...], name="Refund")'
    )


def test_a_renamed_class_with_its_former_name_resumes() -> None:
    class Renamed(Refund, name="Refund"): ...

    assert Renamed().run_checkpoint_sync(json.dumps(taken(Refund)))["reservation"] == "r-1"


# Steps


THE_STEPS = 'its steps are "reserve", "charge", "notify"'


@pytest.mark.parametrize(
    ("step", "hint"),
    [
        ("resreve", '; did you mean "reserve"?'),
        ("Reserve", '; did you mean "reserve"?'),
        ("reserve ", '; did you mean "reserve"?'),
        ("capture", '; did you mean "charge"?'),
        ("zzz", ""),
        ("0", ""),
    ],
)
@pytest.mark.parametrize("bare", [False, True])
def test_a_step_that_the_flow_does_not_have(step: str, hint: str, bare: bool) -> None:
    document = taken() | {"stepName": step}
    if bare:
        del document["flow"]
    assert refused(document, CheckpointStepError) == (
        f'flow Pay: the checkpoint is of the step "{step}", but the flow has no step "{step}"{hint}; {THE_STEPS}. '
        f'If the step was renamed, give it its former name: aliases=("{step}",)'
    )


@pytest.mark.parametrize("step", ["reserve/inner", "reserve/", "reserve/charge/notify"])
def test_a_path_into_a_step_that_holds_none(step: str) -> None:
    document = taken() | {"stepName": step}
    assert refused(document, CheckpointStepError) == (
        f'flow Pay: the checkpoint is of "{step}", but "reserve" is a plain step, which holds no other '
        "steps. Resume with the flow as it was, or from the checkpoint of the step before"
    )


@pytest.mark.parametrize("step", ["/reserve", "/"])
def test_a_path_with_an_empty_segment(step: str) -> None:
    document = taken() | {"stepName": step}
    assert refused(document, CheckpointStepError).startswith(
        f'flow Pay: the checkpoint is of the step "{step}", but the flow has no step "'
    )


# Steps before the checkpoint


def variant(**steps: Any) -> type[Flow[Any]]:
    """A flow that is called Pay and has these steps."""

    def made(name: str) -> Any:
        def body(self: Any) -> None:
            RAN.append(name)

        return flow.step(name)(body)

    names = {f"s{place}": made(name) for place, name in enumerate(steps)}
    return type("Pay", (Flow,), names)


LOST = (
    " A step that was inserted, moved or removed there would silently never run, or run twice. Resume with the flow as "
    "it was, start the run anew, or, if a step was only renamed, give it its former name with aliases=."
)


@pytest.mark.parametrize(
    ("now", "difference"),
    [
        ("reserve check charge notify", 'as step 2 the flow now has "check", the run had "charge".'),
        ("check reserve charge notify", 'as step 1 the flow now has "check", the run had "reserve".'),
        ("charge reserve notify", 'as step 1 the flow now has "charge", the run had "reserve".'),
        ("reserve notify", 'as step 2 the flow now has "notify", the run had a step that it does not have any more.'),
        ("charge notify", 'as step 1 the flow now has "charge", the run had a step that it does not have any more.'),
        ("notify", 'as step 1 the flow now has "notify", the run had a step that it does not have any more.'),
        ("hold charge notify", 'as step 1 the flow now has "hold", the run had a step that it does not have any more.'),
    ],
)
def test_steps_before_the_checkpoint_that_are_not_those_that_had_run(now: str, difference: str) -> None:
    before = variant(reserve=1, charge=1, notify=1)
    after = variant(**dict.fromkeys(now.split(), 1))
    if "charge" not in now.split():
        document = taken(before, "notify", {})
    elif now.startswith("charge reserve"):
        document = taken(before, "notify", {})
    else:
        document = taken(before, "charge", {})
    message = refused(document, CheckpointFlowError, after)
    assert message == f"flow Pay: its steps before the checkpoint's are not those that had run: {difference}{LOST}"


def test_steps_after_the_checkpoint_may_change() -> None:
    before = variant(reserve=1, charge=1, notify=1)
    after = variant(reserve=1, charge=1, audit=1, archive=1)
    after().run_checkpoint_sync(json.dumps(taken(before, "charge", {})))
    assert RAN == ["audit", "archive"]


def test_a_changed_body_or_option_of_a_completed_step_is_no_change() -> None:
    class Changed(Pay, name="Pay"):
        @flow.step("reserve", retries=3, on_error="continue", timeout=1, thread=True)
        def reserve(self, other: str) -> Reserved:
            raise AssertionError("it is done")

    assert Changed().run_checkpoint_sync(json.dumps(taken()))["notified"] is True


# Values and keys


@pytest.mark.parametrize(
    ("override", "step", "key", "problem"),
    [
        ({"amount": "10"}, "charge", "amount", "the value at $.amount is str of 2 characters, expected int"),
        ({"amount": None}, "charge", "amount", "the value at $.amount is NoneType, expected int"),
        ({"amount": 1.5}, "charge", "amount", "the value at $.amount is float, expected int"),
        ({"reservation": ["r"]}, "charge", "reservation", "the value at $.reservation is list, expected str"),
        ({"due": "2026-01-02"}, "notify", "due", "the value at $.due is str of 10 characters, expected datetime"),
        ({"receipt": 5}, "notify", "receipt", "the value at $.receipt is int, expected str"),
    ],
)
def test_an_override_that_does_not_fit_the_step_that_will_read_it(
    override: dict[str, Any], step: str, key: str, problem: str
) -> None:
    message = refused(taken(), CheckpointValueError, override_data=override)
    assert message == f'flow Pay: step "{step}" cannot read "{key}" from override_data: {problem}'


@pytest.mark.parametrize("bare", [False, True])
def test_a_saved_value_that_does_not_fit_the_step_that_will_read_it(bare: bool) -> None:
    document = taken()
    document["output"]["amount"] = {"value": 10}
    if bare:
        del document["flow"]
    assert refused(document, CheckpointValueError) == (
        'flow Pay: step "charge" cannot read "amount" from the checkpoint: '
        "the value at $.amount is dict, expected int. "
        'Give a fitting value with override_data={"amount": ...}'
    )


def test_an_override_may_replace_what_did_not_fit() -> None:
    document = taken()
    document["output"]["amount"] = {"value": 10}
    assert Pay().run_checkpoint_sync(json.dumps(document), override_data={"amount": 7})["charge"] == 7


@pytest.mark.parametrize("bare", [False, True])
@pytest.mark.parametrize(("key", "step"), [("amount", "charge"), ("reservation", "charge"), ("due", "notify")])
def test_a_key_that_a_remaining_step_requires_and_nothing_provides(key: str, step: str, bare: bool) -> None:
    document = taken()
    del document["output"][key]
    document["flow"]["types"].pop(key, None)
    if bare:
        del document["flow"]
        document["output"].pop("due", None)
    has = ", ".join(f'"{name}"' for name in document["output"])
    message = refused(document, CheckpointKeyError)
    assert message == (
        f'flow Pay: step "{step}" reads "{key}", which the checkpoint does not have and no step before it provides; '
        f'the checkpoint has {has}. Give it with override_data={{"{key}": ...}}'
    )


def test_a_key_that_a_step_in_between_provides_is_not_required() -> None:
    document = taken()
    assert "charge" not in document["output"]
    assert Pay().run_checkpoint_sync(json.dumps(document))["charge"] == 10


def test_a_key_with_a_default_is_not_required_and_an_override_may_give_it() -> None:
    document = taken()
    assert Pay().run_checkpoint_sync(json.dumps(document), override_data={"receipt": "mail"})["receipt"] == "mail"


# Size


def test_a_checkpoint_over_the_size_limit_is_refused_before_it_is_parsed() -> None:
    assert refused("[" * 2_001, ResumeSizeError) == (
        "flow Pay: the checkpoint has 2,001 bytes, the limit is 2,000. Keep large values outside of the context and "
        "their keys inside, or raise the limit with the class keyword max_checkpoint_size (bytes)."
    )
    assert "2,002 bytes" in refused("é" * 1_001, ResumeSizeError)
    assert "2,002 bytes" in refused("é".encode() * 1_001, ResumeSizeError)


def test_a_checkpoint_over_the_size_limit_is_not_taken() -> None:
    with pytest.raises(CheckpointSizeError) as caught:
        taken(given={"amount": 1, "due": datetime(2026, 1, 2), "large": "x" * 2_000})
    assert str(caught.value).startswith("flow Pay: the checkpoint has 2,")
    assert (caught.value.limit, caught.value.flow) == (2_000, "Pay")
    assert type(caught.value) is UnsavableSizeError


def test_the_size_limit_is_16_mib_unless_the_class_says_otherwise() -> None:
    class Usual(Flow):
        @flow.step("go")
        def go(self): ...

    limit = 16 * 1024 * 1024
    fits = '{"stepName":"go","output":{"a":"' + "x" * (limit - 35) + '"}}'
    assert len(fits) == limit
    assert len(Usual().run_checkpoint_sync(fits)["a"]) == limit - 35
    assert "the limit is 16,777,216" in refused(fits + " ", ResumeSizeError, Usual)


# Bare checkpoints of the original


def test_a_bare_checkpoint_is_accepted_under_the_same_checks() -> None:
    bare = '{"stepName":"charge","output":{"charge":10,"due":"2026-01-02T03:04:05Z"}}'
    result = Pay().run_checkpoint_sync(bare)
    assert result["notified"] is True
    assert result["due"].isoformat() == "2026-01-02T03:04:05+00:00"
    assert RAN == ["notify"]


def test_an_object_that_has_no_text_is_refused_like_one() -> None:
    for bad, error in (
        (Checkpoint(7, {}), CheckpointFormatError),
        (Checkpoint("reserve", {1: 2}), CheckpointFormatError),  # type: ignore[dict-item]
        (Checkpoint("reserve", {"amount": object()}), CheckpointValueError),
    ):
        refused(bad, error)


def test_an_object_is_checked_like_its_text() -> None:
    with pytest.raises(CheckpointStepError, match='no step "capture"'):
        Pay().run_checkpoint_sync(Checkpoint("capture", {"amount": 1}))
    with pytest.raises(CheckpointKeyError, match='reads "reservation"'):
        Pay().run_checkpoint_sync(Checkpoint("reserve", {"amount": 1}))
    assert RAN == []


def test_nothing_is_imported_because_a_checkpoint_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    document = taken()
    for tag in ("os.system", {"class": "os:system"}, {"class": "subprocess.Popen", "in": {}}, "builtins.eval"):
        document["flow"]["types"] = {"reservation": tag}
        document["output"]["reservation"] = "echo imported"
        with pytest.raises(ResumeRefusedError):
            Pay().run_checkpoint_sync(json.dumps(document))
    assert RAN == []


def test_a_refused_resume_is_not_logged_as_a_run(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="stepkit")
    refused("not JSON", CheckpointFormatError, log=True)
    assert caplog.records == []
