"""Tags come from outside: whatever is in them, there is a value or a CheckpointFormatError that says what is wrong."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, make_dataclass
from typing import Any

import msgspec
import pydantic
import pytest
from codec_values import CLASSES, REGISTERED, Money, plain_values, values
from hypothesis import given, settings
from hypothesis import strategies as st

from stepkit.codec import Codec, Registry
from stepkit.codec.loading import _BUILDERS
from stepkit.codec.scalars import DECODERS
from stepkit.errors import CheckpointFormatError

REGISTRY = Registry(CLASSES, REGISTERED)

KINDS = [*DECODERS, *_BUILDERS]
NAMES = [f"{cls.__module__}:{cls.__qualname__}" for cls in REGISTRY.classes]
FIELDS = ["is", "in", "each", "class", "key", "keys", "values", "pairs", "of", "by"]
FIELDS += [
    "maxlen",
    "factory",
    "zone",
    "name",
    "fold",
    "safe",
    "set",
    "extra",
    "private",
    "beside",
    "unset",
    "flags",
    "bytes",
    "offset",
    "args",
]

scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=4),
    st.sampled_from(KINDS),
    st.sampled_from(NAMES),
    st.sampled_from(["0", "1", "-1", "0x1f", "NaN", "1/0", "1/2", "2024-01-01", "P1D", "list", "../../etc/passwd"]),
    st.sampled_from(["Europe/Berlin", "RED", "red", "a", "x", "number", "name", "__class__", "__dict__", "r\ud800"]),
)
junk = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.text(max_size=3) | st.sampled_from(["0", "a", "x", "number", "__class__"]), inner, max_size=3
        )
        | st.dictionaries(st.sampled_from(FIELDS), inner, max_size=4)
    ),
    max_leaves=10,
)


def load(plain: Any, tag: Any) -> Any:
    try:
        return REGISTRY.load(plain, tag)
    except CheckpointFormatError as error:
        return error


@settings(max_examples=400, deadline=None)
@given(junk | plain_values, junk)
def test_any_data_with_any_tag_load_or_are_refused(plain: Any, tag: Any) -> None:
    load(plain, tag)


def mutations(document: Any) -> st.SearchStrategy[Any]:
    """The document with one place in it replaced, removed, or exchanged for another of its places."""
    places: list[tuple[Any, ...]] = []

    def walk(value: Any, at: tuple[Any, ...]) -> None:
        places.append(at)
        entries = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
        for key, inside in entries:
            walk(inside, (*at, key))

    def get(value: Any, at: tuple[Any, ...]) -> Any:
        for key in at:
            value = value[key]
        return value

    def put(value: Any, at: tuple[Any, ...], new: Any) -> Any:
        if not at:
            return new
        changed = dict(value) if isinstance(value, dict) else list(value)
        changed[at[0]] = put(changed[at[0]], at[1:], new)
        return changed

    def remove(value: Any, at: tuple[Any, ...]) -> Any:
        owner = dict(get(value, at[:-1])) if isinstance(get(value, at[:-1]), dict) else list(get(value, at[:-1]))
        del owner[at[-1]]
        return put(value, at[:-1], owner)

    walk(document, ())
    sites = st.sampled_from(places)
    return st.one_of(
        st.builds(lambda at, new: put(document, at, new), sites, junk),
        st.builds(lambda at, other: put(document, at, get(document, other)), sites, sites),
        st.builds(lambda at: remove(document, at) if at else None, sites),
    )


@settings(max_examples=400, deadline=None)
@given(st.data())
def test_mutated_data_and_tags_load_or_are_refused(data: st.DataObject) -> None:
    text, tag = REGISTRY.dump(data.draw(values))
    document = [json.loads(text), tag]
    for _ in range(data.draw(st.integers(1, 3))):
        document = data.draw(mutations(document))
        if not isinstance(document, list) or len(document) != 2:
            return
    load(*document)


@pytest.mark.parametrize(
    ("plain", "tag", "problem"),
    [
        (1, "quaternion", 'at $ in the checkpoint has the unknown kind "quaternion"; it may be of a newer version'),
        (1, 7, "has a type tag that is int, not a string or an object"),
        (5, "datetime", "needs a string, not int"),
        ("yesterday", "datetime", "cannot be restored (ValueError)"),
        ({"a": ["x"]}, {"in": {"a": {"in": {"0": "uuid"}}}}, "at $.a[0] in the checkpoint"),
        ([1], {"in": {"3": "date"}}, 'has a type tag for the place "3", which it does not have'),
        ({"a": 1}, {"in": {"b": "date"}}, 'has a type tag for the key "b", which it does not have'),
        ({"a": 1}, {"keys": {"b": "int"}}, 'has a type tag for the key "b", which it does not have'),
        ({"1": 1, "01": 2}, {"key": "int"}, "has the same key or element twice"),
        ([1, 1], "set", "has the same key or element twice"),
        ([[]], "set", "cannot be restored (TypeError)"),
        ({}, "tuple", "needs a list, not dict"),
        ([], {"is": "Counter"}, "needs an object, not list"),
        ("1e999999999", "fraction", "is not a fraction like 3/4"),
        ("%%", "bytes", "is not base64 text"),
        ("2024-01-01T00:00:00", {"is": "datetime", "zone": "../../etc/passwd"}, "is not the name of a time zone"),
        ({}, {"is": "defaultdict", "factory": "eval"}, 'has the unknown factory "eval"'),
        (
            1,
            {"class": "os:system"},
            'is of the class "os:system", which the flow does not name; name it',
        ),
        (1, {"class": 3}, "has a type tag whose class is int, not a name"),
        ("pink", {"class": "codec_values:Color"}, "is str of 4 characters, which is not a member of Color"),
        ({}, {"class": "codec_values:Place"}, 'lacks the field "x", for which Place has no default'),
        (
            {"x": 1, "z": 2},
            {"class": "codec_values:Place"},
            'has the field "z", which Place does not have',
        ),
        ({}, {"class": "codec_values:Order"}, 'lacks the field "number", for which Order has no default'),
        ({"number": 1, "b": 2}, {"class": "codec_values:Order"}, 'has the field "b", which Order does not have'),
        ({"userName": 1}, {"class": "codec_values:User"}, 'has the field "userName", which User does not have'),
        ({}, {"class": "codec_values:Point"}, 'lacks the field "left_side"'),
        ({"a": 1, "b": 2, "c": 3}, {"class": "codec_values:Frozen", "beside": ["c"]}, "for which Frozen has no slot"),
        ([1], {"class": "codec_values:Money"}, "is refused by the codec of Money (TypeError)"),
    ],
)
def test_the_message_says_where_and_what(plain: Any, tag: Any, problem: str) -> None:
    with pytest.raises(CheckpointFormatError) as caught:
        REGISTRY.load(plain, tag)
    assert problem in str(caught.value)
    assert str(caught.value).startswith("the value at $")
    assert str(caught.value).endswith("Use the checkpoint as it was taken, with the classes that it was taken with.")


def test_absurdly_deep_tags_are_refused() -> None:
    plain: Any = 1
    tag: Any = "date"
    for _ in range(50_000):
        plain, tag = [plain], {"in": {"0": tag}}
    with pytest.raises(CheckpointFormatError, match="is nested more than 100 levels deep"):
        REGISTRY.load(plain, tag)


def test_attributes_reach_only_the_state_of_an_object() -> None:
    plain = {"number": 1, "items": [], "total": 0, "__class__": {"a": 1}, "__dict__": {"number": 2}}
    restored = REGISTRY.load(plain, {"class": "codec_values:Order", "beside": ["__class__", "__dict__"]})
    assert (type(restored).__name__, restored.number) == ("Order", 1)


def test_a_codec_that_gives_another_type_is_refused() -> None:
    liar: Codec[Any] = Codec(Money, lambda money: 1, lambda plain: plain)
    with pytest.raises(CheckpointFormatError, match="became int: the codec of Money gave another type"):
        Registry((), [liar]).load(1, {"class": "codec_values:Money"})


@dataclass
class Grown:
    a: int
    added: int = 7
    lists: list[int] = field(default_factory=list)


class GrownModel(pydantic.BaseModel):
    a: int
    added: int = 7
    lists: list[int] = pydantic.Field(default_factory=list)


class GrownStruct(msgspec.Struct):
    a: int
    added: int = 7
    lists: list[int] = []


@pytest.mark.parametrize("cls", [Grown, GrownModel, GrownStruct])
def test_fields_that_a_class_got_since_have_their_defaults(cls: Any) -> None:
    restored = Registry([cls]).load({"a": 1}, {"class": cls.__name__, "set": ["a"]})
    assert restored == cls(a=1)
    assert restored.lists == []


def test_a_class_that_moved_to_another_module_is_found_by_its_name() -> None:
    assert type(REGISTRY.load({"x": 1, "y": 2}, {"class": "old.place:Place"})).__name__ == "Place"


def test_of_two_classes_of_one_name_each_gets_its_own() -> None:
    one, two = make_dataclass("Twin", ["a"]), make_dataclass("Twin", ["a"])
    one.__module__, two.__module__ = "one", "two"
    registry = Registry([one]).merged(Registry([two]))
    for cls in (one, two):
        data, tag = registry.dump(cls(1))
        assert type(registry.load(json.loads(data), tag)) is cls
    with pytest.raises(CheckpointFormatError, match="the flow names 2 classes of that name"):
        registry.load({"a": 1}, {"class": "three:Twin"})
