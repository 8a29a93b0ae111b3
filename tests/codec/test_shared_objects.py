"""One object that can change, in two places: it comes back as one object, or the checkpoint is refused."""

from __future__ import annotations

import collections
import enum
import json
import random
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import attrs
import msgspec
import pydantic
import pytest

from stepkit import Checkpoint, Codec, Flow, deserialize_checkpoint, flow, serialize_checkpoint
from stepkit.codec import ContextEncoder, Registry
from stepkit.errors import CheckpointFormatError, UnsavableValueError
from stepkit.runtime.isolation import copy_context
from stepkit.testing import assert_resumable_sync


@dataclass
class Data:
    items: list[Any] = field(default_factory=list)


@dataclass(frozen=True)
class Frozen:
    items: list[Any]


@dataclass(eq=False)
class ByIdentity:
    n: int = 0


@attrs.define
class Attr:
    items: list[Any] = attrs.Factory(list)


class Model(pydantic.BaseModel):
    items: list[Any] = []


class Struct(msgspec.Struct):
    items: list[Any] = []


class Checked(msgspec.Struct):
    items: list[Any]

    def __post_init__(self) -> None:
        assert self.items is not None


class Own:
    def __init__(self, items: list[Any]) -> None:
        self.items = items


class Color(enum.Enum):
    RED = [1]


OWN = Codec(Own, encode=lambda own: own.items, decode=Own)
REGISTRY = Registry([Data, Frozen, ByIdentity, Attr, Model, Struct, Checked, Color], [OWN])


def restored(context: dict[str, Any]) -> dict[str, Any]:
    plain, tags = REGISTRY.dump_context(context)
    return REGISTRY.load_context(json.loads(json.dumps(plain)), json.loads(json.dumps(tags)))


MAKERS: list[Callable[[], Any]] = [
    list,
    dict,
    lambda: [[1], {"a": 2}],
    lambda: bytearray(b"ab"),
    lambda: {1, 2},
    lambda: collections.deque([1], 3),
    lambda: collections.OrderedDict(a=1),
    lambda: collections.defaultdict(list, a=[1]),
    lambda: collections.Counter("aab"),
    lambda: {1: "a", (2, 3): "b"},
    Data,
    Attr,
    Model,
    Struct,
    lambda: Checked([1]),
]


@pytest.mark.parametrize("make", MAKERS, ids=lambda make: type(make()).__name__)
def test_one_object_in_two_places_comes_back_as_one(make: Callable[[], Any]) -> None:
    value = make()
    for context, first, second in (
        ({"a": value, "b": value}, lambda c: c["a"], lambda c: c["b"]),
        ({"a": [value, value]}, lambda c: c["a"][0], lambda c: c["a"][1]),
        ({"a": {"x": {"y": value}}, "b": (0, value)}, lambda c: c["a"]["x"]["y"], lambda c: c["b"][1]),
        ({"a": Data([value]), "b": Frozen([value])}, lambda c: c["a"].items[0], lambda c: c["b"].items[0]),
        ({"a": Own([value]), "b": value}, lambda c: c["a"].items[0], lambda c: c["b"]),
    ):
        back = restored(context)
        assert first(back) is second(back)
        assert type(first(back)) is type(value)
        assert first(back) == value
        two = restored({"a": make(), "b": make()})
        assert two["a"] is not two["b"]


def test_an_object_of_a_codec_comes_back_as_one() -> None:
    own = Own([1])
    back = restored({"a": own, "b": [own, own]})
    assert back["a"] is back["b"][0] is back["b"][1]


def test_the_inside_of_two_frozen_objects_comes_back_as_one() -> None:
    shared = [1]
    back = restored({"a": Frozen(shared), "b": Frozen(shared), "c": (shared,)})
    assert back["a"].items is back["b"].items is back["c"][0]


def test_what_cannot_change_has_no_tag() -> None:
    for value in ("text", 7, None, (), (1, 2), frozenset([1]), Color.RED, 1.5, b"x"):
        _, tags = REGISTRY.dump_context({"a": value, "b": [value, value]})
        assert "same" not in json.dumps(tags)


def test_the_output_is_as_readable_as_before_and_the_tag_stands_beside_it() -> None:
    row = [1]
    text = serialize_checkpoint(Checkpoint("s", {"rows": [row, row], "n": 1}))
    assert json.loads(text)["output"] == {"rows": [[1], [1]], "n": 1}
    assert json.loads(text)["flow"] == {"types": {"rows": {"in": {"0": {"shared": 1}, "1": {"same": 1}}}}}
    back = deserialize_checkpoint(text)
    assert back.output["rows"][0] is back.output["rows"][1]
    assert serialize_checkpoint(back) == text


def test_data_that_stay_plain_for_their_class_keep_their_tags() -> None:
    row = [1]
    plain, tags = REGISTRY.dump_context({"a": Data(row), "b": row, "c": (1,)})
    text = json.dumps({"stepName": "s", "output": plain, "flow": {"types": tags}}, separators=(",", ":"))
    back = deserialize_checkpoint(text)
    assert back.output == {"a": {"items": [1]}, "b": [1], "c": (1,)}
    assert serialize_checkpoint(back) == text
    twice: list[int] = []
    more = Checkpoint("s", {**back.output, "d": twice, "e": twice}, back.flow)
    found = REGISTRY.load_context(*_parts(serialize_checkpoint(more)))
    assert found["a"].items is found["b"]
    assert found["d"] is found["e"] is not found["b"]


def _parts(text: str) -> tuple[Any, Any]:
    document = json.loads(text)
    return document["output"], document["flow"]["types"]


# Refused


def test_a_cycle_is_refused_as_before() -> None:
    cycle: list[Any] = []
    cycle.append(cycle)
    with pytest.raises(UnsavableValueError, match=r"\$\.a\[0\].*contains itself"):
        REGISTRY.dump_context({"a": cycle, "b": cycle})


def test_an_object_in_a_set_and_elsewhere_is_refused() -> None:
    one = ByIdentity()
    for context in ({"a": {one}, "b": one}, {"a": one, "b": {one}}, {"a": {one}, "b": {one, ByIdentity()}}):
        with pytest.raises(UnsavableValueError, match="is in a set and in another place too"):
            REGISTRY.dump_context(context)
    assert len(restored({"a": {one, ByIdentity()}})["a"]) == 2


def test_it_is_refused_where_the_second_place_is_too_deep() -> None:
    deep: Any = []
    for _ in range(60):
        deep = [deep]
    deeper: Any = deep
    for _ in range(60):
        deeper = [deeper]
    with pytest.raises(UnsavableValueError, match="nested more than 100 levels deep"):
        REGISTRY.dump_context({"a": deep, "b": deeper})


@pytest.mark.parametrize(
    ("tags", "problem"),
    [
        ({"a": {"same": 1}}, "which is not there"),
        ({"a": {"same": "1"}, "b": {"shared": 1}}, "which is not there"),
        ({"a": {"shared": 1}, "b": {"shared": 1}}, "not a number of its own"),
        ({"a": {"shared": True}, "b": {"same": 1}}, "not a number of its own"),
        ({"a": {"shared": 1}, "c": {"same": 1}}, "is not the same as in the other place"),
        ({"a": {"shared": 1, "in": {"0": {"same": 1}}}}, "which is not there"),
    ],
)
def test_tags_that_make_no_sense_are_refused(tags: Any, problem: str) -> None:
    with pytest.raises(CheckpointFormatError, match=problem):
        REGISTRY.load_context({"a": [1], "b": [1], "c": [2]}, tags)


# Flows: a resumed run is the uninterrupted one, also where objects change in place


class InPlace(Flow):
    @flow.step("make")
    def make(self):
        row = [1]
        return {"rows": [row, row], "row": row}

    @flow.step("rename")
    def rename(self, rows: list[list[int]]):
        return {"other": rows, "inside": {"of": rows[1]}}

    @flow.step("change")
    def change(self, row: list[int]) -> None:
        row.append(2)

    @flow.step("part")
    def part(self, rows: list[list[int]]) -> None:
        rows[1] = list(rows[1])

    @flow.step("change-again")
    def change_again(self, row: list[int], other: list[Any]) -> None:
        row.append(3)
        other.append("x")

    @flow.step("look")
    def look(self, rows: list[Any], row: list[int], other: list[Any], inside: dict[str, list[int]]):
        return {"shared": [rows is other, rows[0] is row, rows[1] is row, inside["of"] is row]}


def test_the_rule_has_no_exception() -> None:
    result = assert_resumable_sync(InPlace)
    assert result["shared"] == [True, True, False, True]
    assert result["rows"] == [[1, 2, 3], [1, 2], "x"]


def test_inside_of_containers_the_contexts_around_share_with_the_inside() -> None:
    class Inner(Flow):
        @flow.step("replace")
        def replace(self, kept: list[int]):
            return {"kept": "replaced", "moved": kept}

        @flow.step("change")
        def change(self, moved: list[int]) -> None:
            moved.append(2)

        @flow.step("end")
        def end(self): ...

    class Outer(Flow):
        @flow.step("make")
        def make(self):
            kept = [1]
            return {"kept": kept, "pair": (kept, kept)}

        inner = flow.subflow("inner", Inner, merge="skip")
        branch = flow.branch("branch", cases={"a": Inner}, merge="skip")(lambda self: "a")

        @flow.step("look")
        def look(self, kept: list[int], moved: list[int], pair: tuple[list[int], list[int]]):
            kept.append(3)
            return {"shared": [kept is moved, pair[0] is kept, pair[1] is kept]}

    result = assert_resumable_sync(Outer)
    assert result["shared"] == [True, True, True]
    assert result["pair"] == ([1, 2, 2, 3], [1, 2, 2, 3])


def test_overrides_keep_what_they_share() -> None:
    texts: list[str] = []
    InPlace().run_sync(on_step_complete=lambda event: texts.append(event.checkpoint))
    row = [7]
    result = InPlace().run_checkpoint_sync(texts[1], override_data={"row": row, "rows": [row, row]})
    assert result["shared"] == [False, True, False, False]
    assert result["rows"] == [[7, 2, 3], [7, 2]]


def test_attempts_and_events_get_copies_that_share_as_the_context_does() -> None:
    class Guarded(Flow):
        @flow.step("make")
        def make(self):
            row = [1]
            return {"row": row, "data": Data(row), "lock": threading.Lock()}

        @flow.step("read", retries=1)
        def read(self, row: list[int], data: Data, lock: Any):
            return {"shared": data.items is row, "lock": None}

    contexts: list[dict[str, Any]] = []
    assert Guarded().run_sync(on_step_complete=lambda event: contexts.append(event.context))["shared"] is True
    for context in contexts:  # also the one with a lock, which cannot be copied
        assert context["data"].items is context["row"]


def test_a_copy_that_fails_half_way_leaves_nothing_behind() -> None:
    lock, row = threading.Lock(), [1]
    context = {"row": row, "half": Data([row, lock]), "whole": Data([row]), "lock": lock}
    copied = copy_context(context)
    assert copied["half"] is context["half"]
    assert copied["whole"].items[0] is copied["row"] is not row


# The encoder, which remembers, says what one says that knows nothing


def scramble(dice: random.Random, context: dict[str, Any]) -> set[str]:
    """Change the context as a step might; the keys that it read or gave."""
    containers: list[tuple[str, Any]] = []

    def walk(key: str, value: Any) -> None:
        if isinstance(value, list | dict):
            containers.append((key, value))
            for each in value.values() if isinstance(value, dict) else value:
                walk(key, each)
        elif isinstance(value, Data):
            containers.append((key, value.items))
            walk(key, value.items)

    for key, value in context.items():
        walk(key, value)
    touched: set[str] = set()
    for _ in range(dice.randrange(3)):
        action = dice.randrange(6)
        if action == 0 or not containers:
            key = f"k{dice.randrange(8)}"
            context[key] = dice.choice([[], [1], {"a": []}, Data([1]), (1, [2]), 5, "x"])
        elif action == 1:
            key = f"k{dice.randrange(8)}"
            context[key] = dice.choice(containers)[1]
        elif action == 2:
            key, target = dice.choice(containers)
            other_key, other = dice.choice(containers)
            if contains(other, target):
                continue
            touched.add(other_key)
            if isinstance(target, list):
                target.append(other)
            else:
                target[f"i{dice.randrange(3)}"] = other
        elif action == 3:
            key, target = dice.choice(containers)
            if isinstance(target, list) and target:
                place = dice.randrange(len(target))
                if isinstance(target[place], list):
                    target[place] = list(target[place])  # equal, and another one
        elif action == 4:
            key = dice.choice(list(context))
            del context[key]
            continue
        else:
            key, target = dice.choice(containers)
            target.clear()
        touched.add(key)
    return touched


def contains(outer: Any, inner: Any) -> bool:
    if outer is inner:
        return True
    if isinstance(outer, Data):
        return contains(outer.items, inner)
    inside = outer.values() if isinstance(outer, dict) else outer if isinstance(outer, list | tuple) else ()
    return any(contains(each, inner) for each in inside)


@pytest.mark.parametrize("seed", range(40))
def test_an_encoder_that_remembers_says_what_a_new_one_says(seed: int) -> None:
    dice = random.Random(seed)
    context: dict[str, Any] = {"k0": [1], "k1": {"a": [2]}, "k2": Data([3])}
    encoder = ContextEncoder(REGISTRY)
    encoder.encode(context)
    for _ in range(60):
        touched = scramble(dice, context)
        if sum(1 for _ in json.dumps(REGISTRY.dump_context(context)[0])) > 20_000:
            break
        remembered = encoder.encode(context, touched)
        fresh = ContextEncoder(REGISTRY).encode(context)
        assert remembered[0] == fresh[0]
        assert dict(remembered[1]) == dict(fresh[1])
        plain, tags = REGISTRY.dump_context(context)
        assert json.loads(fresh[0]) == plain
        assert fresh[1] == tags
