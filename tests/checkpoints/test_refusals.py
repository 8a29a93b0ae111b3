"""What a resume refuses, with which message, and that no step ran."""

from __future__ import annotations

import json
import logging
from datetime import datetime
from typing import Any

import pytest
from payment_flow import RAN, UNCHANGED, Pay, refused, taken

from stepkit import Checkpoint, Flow, flow
from stepkit.errors import (
    CheckpointFormatError,
    CheckpointKeyError,
    CheckpointSizeError,
    CheckpointStepError,
    CheckpointValueError,
    ResumeRefusedError,
    ResumeSizeError,
    UnsavableSizeError,
)


def test_the_checkpoint_that_the_tests_spoil_is_a_good_one() -> None:
    assert Pay().run_checkpoint_sync(json.dumps(taken()))["notified"] is True
    assert RAN == ["charge", "notify"]


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
