"""The wire format: what is written, and that nothing but it is read."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Sequence
from datetime import date
from typing import Any

import pytest
from codec_values import CLASSES, REGISTERED, plain_values, same, values
from hypothesis import given, settings
from hypothesis import strategies as st

from stepkit import Checkpoint, deserialize_checkpoint, serialize_checkpoint
from stepkit.checkpoint import FlowState, OuterFrame, compose, parse
from stepkit.codec import ContextEncoder, Registry
from stepkit.errors import CheckpointError, CheckpointFormatError, CheckpointSizeError, UnsavableValueError

REGISTRY = Registry(CLASSES, REGISTERED)
STATE = FlowState("Calc", "run-1", ("a,b",))
FRAMES = (OuterFrame(("a", "d"), {"d": "2024-01-01"}, {"d": "date"}, ("a",)), OuterFrame((), {}, {}, ()))


def composed(
    output: dict[str, Any],
    registry: Registry = REGISTRY,
    done: Sequence[str] = ("a,b",),
    frames: Sequence[OuterFrame] = (),
) -> str:
    data, tags = ContextEncoder(registry).encode(output)
    return compose("load/fetch", data, FlowState("Calc", "run-1", tuple(done), tags, tuple(frames)))


def test_a_checkpoint_without_more_is_what_the_original_writes() -> None:
    assert serialize_checkpoint(Checkpoint("my-step", {"a": 42})) == '{"stepName":"my-step","output":{"a":42}}'


def test_a_checkpoint_of_a_run_in_full() -> None:
    assert composed({"at": date(2024, 5, 6), "n": 1}, done=["", "x"], frames=FRAMES) == (
        '{"stepName":"load/fetch","output":{"at":"2024-05-06","n":1},"flow":{"name":"Calc","run":"run-1","done":["","x"],'
        '"types":{"at":"date"},"frames":[{"keys":["a","d"],"was":{"d":"2024-01-01"},"types":{"d":"date"},"written":["a"]},'
        '{"keys":[],"was":{}}]}}'
    )


def test_types_and_frames_are_left_out_where_there_are_none() -> None:
    assert composed({"n": 1}) == (
        '{"stepName":"load/fetch","output":{"n":1},"flow":{"name":"Calc","run":"run-1","done":["a,b"]}}'
    )


@settings(max_examples=200, deadline=None)
@given(
    st.text(st.characters(exclude_categories=["Cs"]), min_size=1), st.dictionaries(st.text(max_size=4), plain_values)
)
def test_json_data_come_back_and_give_the_same_text(name: str, output: dict[str, Any]) -> None:
    text = serialize_checkpoint(Checkpoint(name, output))
    checkpoint = deserialize_checkpoint(text)
    assert same(checkpoint.output, output)
    assert (checkpoint.step_name, checkpoint.flow) == (name, None)
    assert serialize_checkpoint(checkpoint) == text
    assert json.loads(text) == {"stepName": name, "output": output}


@settings(max_examples=200, deadline=None)
@given(st.dictionaries(st.text(max_size=4), values, max_size=3), st.booleans())
def test_reading_and_writing_gives_the_same_text(output: dict[str, Any], with_frames: bool) -> None:
    text = composed(output, done=["", "x", "y"], frames=FRAMES if with_frames else ())
    assert serialize_checkpoint(deserialize_checkpoint(text)) == text
    assert serialize_checkpoint(deserialize_checkpoint(text.encode())) == text
    assert serialize_checkpoint(parse(text, None, "")) == text


@settings(max_examples=200, deadline=None)
@given(st.dictionaries(st.text(max_size=4), values, max_size=3))
def test_the_values_come_back_through_the_text(output: dict[str, Any]) -> None:
    saved = parse(composed(output), 10_000_000, "Calc")
    assert saved.flow is not None
    assert same(REGISTRY.load_context(saved.output, saved.flow.types), output)


def test_builtin_kinds_are_restored_and_the_classes_of_a_flow_stay_data() -> None:
    from codec_values import Order, Place

    output = {"day": date(2024, 5, 6), "both": [(1,), Order((2,))], "place": Place(1), "plain": [1]}
    text = composed(output)
    checkpoint = deserialize_checkpoint(text)
    assert checkpoint.output == {
        "day": date(2024, 5, 6),
        "both": [[1], {"number": [2], "items": [], "total": 0}],
        "place": {"x": 1, "y": 0},
        "plain": [1],
    }
    assert checkpoint.flow is not None and set(checkpoint.flow.types) == {"both", "place"}
    checkpoint.output["plain"] = (1, 2)
    checkpoint.output["place"]["y"] = 7
    changed = parse(serialize_checkpoint(checkpoint), None, "")
    assert changed.flow is not None
    assert REGISTRY.load_context(changed.output, changed.flow.types) == {
        "day": date(2024, 5, 6),
        "both": [(1,), Order((2,))],
        "place": Place(1, 7),
        "plain": (1, 2),
    }


def test_a_checkpoint_by_hand_keeps_values_that_json_has_no_form_for() -> None:
    text = serialize_checkpoint(Checkpoint("s", {"day": date(2024, 5, 6), "n": 1}))
    assert text == '{"stepName":"s","output":{"day":"2024-05-06","n":1},"flow":{"types":{"day":"date"}}}'
    assert deserialize_checkpoint(text).output == {"day": date(2024, 5, 6), "n": 1}
    assert serialize_checkpoint(deserialize_checkpoint(text)) == text


def test_a_checkpoint_by_hand_refuses_what_it_cannot_restore() -> None:
    with pytest.raises(UnsavableValueError, match=r"\$\.a\[0\].*object"):
        serialize_checkpoint(Checkpoint("s", {"a": [object()]}))


@pytest.mark.parametrize(
    "checkpoint", [None, "text", {"stepName": "a"}, Checkpoint("a", [1]), Checkpoint("a", {1: 2}), Checkpoint(1, {})]
)
def test_what_is_no_checkpoint_is_not_written(checkpoint: Any) -> None:
    with pytest.raises(TypeError, match="serialize_checkpoint: "):
        serialize_checkpoint(checkpoint)


@settings(max_examples=100, deadline=None)
@given(
    st.recursive(st.integers(), lambda inner: st.dictionaries(st.sampled_from(["stepName", "output", "flow"]), inner))
)
def test_data_that_look_like_our_fields_stay_data(value: Any) -> None:
    output = {"stepName": "other", "output": value, "flow": {"name": "X", "types": {"stepName": "date"}}}
    saved = parse(composed(output), None, "")
    assert saved.output == output
    assert saved.flow == STATE


def test_fields_that_are_not_known_are_ignored() -> None:
    document = json.loads(composed({"n": 1}, done=["", "x", "y"], frames=FRAMES))
    expected = parse(json.dumps(document), None, "")
    document["new"] = document["flow"]["new"] = document["flow"]["frames"][0]["new"] = [1]
    assert parse(json.dumps(document), None, "") == expected


def test_the_checkpoint_from_before_the_first_step_has_no_step() -> None:
    text = compose("", b"{}", FlowState("Calc", "r", ("",)))
    assert parse(text, None, "Calc") == Checkpoint("", {}, FlowState("Calc", "r", ("",)))


@pytest.mark.parametrize("text", ['{"stepName": "a", "output": {}}', b' {"output":{},\n"stepName":"\\u0061"} '])
def test_any_strict_json_is_read(text: str | bytes) -> None:
    assert parse(text, 100, "") == Checkpoint("a", {})


def test_values_keep_lone_surrogates_as_the_original_writes_them() -> None:
    saved = parse('{"stepName":"a","output":{"k":"\\ud83d"}}', None, "")
    assert saved.output == {"k": "\ud83d"}
    assert deserialize_checkpoint(serialize_checkpoint(saved)).output == {"k": "\ud83d"}


FINE = '{"stepName":"a","output":{}'
REFUSED: list[tuple[Any, str]] = [
    (None, "is NoneType, not a string. Give the JSON text that event.checkpoint gave."),
    (7, "is int, not a string"),
    ({"stepName": "a"}, "is dict, not a string"),
    ("", "is not JSON: expecting value (character 0)"),
    ("nonsense", "is not JSON: expecting value (character 0)"),
    (FINE, "is not JSON: expecting ',' delimiter (character 27)"),
    (FINE + "} x", "is not JSON: extra data (character 29)"),
    (FINE + "}{}", "is not JSON: extra data (character 28)"),
    ('{"stepName":"a","output":{"n":NaN}}', "is not JSON: NaN is not a JSON value"),
    ('{"stepName":"a","output":{"n":-Infinity}}', "is not JSON: -Infinity is not a JSON value"),
    ('{"stepName":"a","output":{"n":1e999}}', "is not JSON: a number is out of range"),
    ('{"stepName":"a","output":{"n":01}}', "is not JSON: "),
    ('{"stepName":"a","output":{"n":"\x01"}}', "is not JSON: invalid control character at (character 31)"),
    ('{"stepName":"a","stepName":"b","output":{}}', 'is not JSON: an object has the key "stepName" twice'),
    ('{"stepName":"a","output":{"x":[{"k":1,"k":1}]}}', 'is not JSON: an object has the key "k" twice'),
    (b'{"stepName":"\xff","output":{}}', "is not valid UTF-8 (byte 13)"),
    ("\ufeff" + FINE + "}", "starts with a byte order mark"),
    ('{"stepName":"\ud800","output":{}}', "is not valid text: it has a lone surrogate at character 13"),
    ('{"stepName":"\\ud800","output":{}}', 'has a field "stepName" with the name str of 1 characters, which has lone'),
    ('{"stepName":"a","output":{"\\udfff":1}}', 'has a field "output" with the name str of 1 characters'),
    ('{"stepName":"a","output":{"x":' + "[" * 900 + "]" * 900 + "}}", "is nested too deep"),
    ("[" * 100_000, "is nested too deep"),
    ('{"a":' * 100_000, "is nested too deep"),
    ("[]", "is a list, not a JSON object with stepName and output"),
    ('"text"', "is a string, not a JSON object"),
    ("null", "is null, not a JSON object"),
    ("{}", 'has no field "stepName"; it has none'),
    ('{"output":{},"step":"a"}', 'has no field "stepName"; it has "output", "step"'),
    ('{"stepName":"a"}', 'has no field "output"; it has "stepName"'),
    ('{"stepName":null,"output":{}}', 'has a field "stepName" that is null, not a string'),
    ('{"stepName":1,"output":{}}', 'has a field "stepName" that is a number, not a string'),
    ('{"stepName":"a","output":[]}', 'has a field "output" that is a list, not an object'),
    ('{"stepName":"","output":{}}', 'has an empty "stepName", so it does not say where to go on'),
    (FINE + ',"flow":null}', 'has a field "flow" that is null, not an object'),
    (FINE + ',"flow":{}}', 'has no field "flow.done"; it has none'),
    (FINE + ',"flow":{"done":[]}}', 'has a field "flow.done" that is empty'),
    (FINE + ',"flow":{"done":[1]}}', 'has a field "flow.done" with a number in it; it is a list of strings'),
    (FINE + ',"flow":{"done":[""],"name":7}}', 'has a field "flow.name" that is a number, not a string'),
    (FINE + ',"flow":{"done":[""],"name":""}}', 'has no field "flow.run"; it has "done", "name"'),
    (FINE + ',"flow":{"done":[""],"name":"","run":"","types":[]}}', 'has a field "flow.types" that is a list'),
    (
        FINE + ',"flow":{"types":{"k":"date"}}}',
        'has a type tag in "flow.types" for "k", which is not in "output"',
    ),
    (FINE + ',"flow":{"done":[""],"name":"","run":"","frames":[1]}}', 'has a field "flow.frames[0]" that is a number'),
    (FINE + ',"flow":{"done":[""],"name":"","run":"","frames":[{}]}}', 'has no field "flow.frames[0].was"'),
    (
        FINE + ',"flow":{"done":[""],"name":"","run":"","frames":[{"was":{"b":1},"keys":["a"]}]}}',
        'has a field "flow.frames[0].was" with the key "b", which is not in "flow.frames[0].keys"',
    ),
    (
        FINE + ',"flow":{"done":[""],"name":"","run":"","frames":[{"was":{},"keys":["a","a"]}]}}',
        'has a field "flow.frames[0].keys" that names a key twice',
    ),
    (
        FINE + ',"flow":{"done":[""],"name":"","run":"","frames":[{"was":{},"keys":[],"types":{"x":"date"}}]}}',
        'has a type tag in "flow.frames[0].types" for "x"',
    ),
]


@pytest.mark.parametrize(("text", "problem"), REFUSED)
def test_what_is_malformed_is_refused_with_what_is_wrong(text: Any, problem: str) -> None:
    with pytest.raises(CheckpointFormatError) as caught:
        parse(text, 1_000_000, "Calc")
    assert str(caught.value).startswith("flow Calc: the checkpoint ")
    assert problem in str(caught.value)
    assert str(caught.value).endswith(".")
    with pytest.raises(CheckpointFormatError, match="^the checkpoint "):
        deserialize_checkpoint(text)


@pytest.mark.parametrize("text", ['{"stepName":"é","output":{}}', '{"stepName":"é","output":{}}'.encode(), "[" * 29])
def test_a_text_over_the_limit_is_refused_before_it_is_parsed(text: str | bytes) -> None:
    with pytest.raises(CheckpointSizeError) as caught:
        parse(text, 28, "Calc")
    assert (caught.value.flow, caught.value.size, caught.value.limit) == ("Calc", 29, 28)
    if not str(text).startswith("["):
        assert parse(text, 29, "Calc").step_name == "é"


TEXT = composed(
    {"day": date(2024, 5, 6), "rows": [{"n": 1, "at": (1, 2)}, {1: None}], "text": "é\u2028", "f": 1.5, "deep": [[[]]]},
    done=["", "x", "y"],
    frames=FRAMES,
)
ATOMS: list[Any] = [
    None,
    True,
    0,
    -1,
    1.5,
    2**70,
    "",
    "a",
    "date",
    [],
    {},
    [""],
    {"a": "tuple"},
    {"is": "set"},
    "\ud800",
]


def read(text: str | bytes) -> None:
    try:
        saved = parse(text, 100_000, "Calc")
        REGISTRY.load_context(saved.output, saved.flow.types if saved.flow else {})
        for frame in saved.flow.frames if saved.flow else ():
            REGISTRY.load_context(frame.was, frame.types)
        deserialize_checkpoint(text)
    except CheckpointError:
        pass


@pytest.mark.parametrize("seed", range(10))
def test_mutated_documents_are_read_or_refused(seed: int) -> None:
    chance = random.Random(seed)
    for _ in range(200):
        document = json.loads(TEXT)
        for _ in range(chance.randint(1, 3)):
            owners: list[Any] = [document]
            for owner in owners:  # grows while it is walked
                inside = owner.values() if isinstance(owner, dict) else owner
                owners += [each for each in inside if isinstance(each, dict | list)]
            owner = chance.choice(owners)
            place: Any = chance.choice(list(owner) if isinstance(owner, dict) else range(len(owner))) if owner else None
            action = chance.choice(["replace", "remove", "add", "move"])
            new = copy.deepcopy(chance.choice(ATOMS if action != "move" else owners))
            if isinstance(owner, list) and action == "add":
                owner.append(new)
            elif isinstance(owner, dict) and action == "add":
                owner[chance.choice(["types", "flow", "keys", "frames", "day", "is", "each", "0"])] = new
            elif owner and action == "remove":
                del owner[place]
            elif owner:
                owner[place] = new
        read(json.dumps(document, ensure_ascii=chance.random() < 0.5, allow_nan=True).encode("utf-8", "surrogatepass"))


@pytest.mark.parametrize("seed", range(10))
def test_mutated_bytes_are_read_or_refused(seed: int) -> None:
    chance = random.Random(seed)
    data = TEXT.encode()
    for _ in range(200):
        changed = bytearray(data)
        for _ in range(chance.randint(1, 4)):
            at = chance.randrange(len(changed))
            action = chance.choice(["flip", "cut", "insert", "repeat"])
            if action == "flip":
                changed[at] = (
                    chance.choice(b'{}[]",:0129eE.-+\\u ntf\x00\xff')
                    if chance.random() < 0.7
                    else chance.randrange(256)
                )
            elif action == "cut":
                del changed[at : at + chance.randint(1, 20)]
            elif action == "insert":
                changed[at:at] = chance.choice(
                    [b"{", b"[", b'"', b"NaN", b"1e999", b'"a":', b",", b"\\ud800", b"\xf0\x9f"]
                )
            else:
                changed[at:at] = changed[at : at + chance.randint(1, 30)]
            if not changed:
                break
        read(bytes(changed))
