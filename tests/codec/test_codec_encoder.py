"""ContextEncoder: whatever happens to a context between two checkpoints, it gives what a fresh look would."""

from __future__ import annotations

import json
import sys
from datetime import date
from typing import Any

import pytest
from codec_values import CLASSES, REGISTERED, Order, Status, plain_values, values
from hypothesis import given, settings
from hypothesis import strategies as st

from stepkit.checkpoint import FlowState, compose, parse
from stepkit.codec import Codec, ContextEncoder, Registry, Tag
from stepkit.codec.plain_json import encode_pure
from stepkit.errors import UnsavableValueError

REGISTRY = Registry(CLASSES, REGISTERED)


def fresh(context: dict[str, Any]) -> tuple[bytes, dict[str, Tag]]:
    return ContextEncoder(REGISTRY).encode(context)


KEYS = st.sampled_from(["a", "b", "c", "d", "é"])
SMALL = st.one_of(
    st.just([]), st.just({}), st.integers(0, 3), st.just((1, 2)), st.just(date(2024, 1, 1)), st.just("x"), st.just(None)
)


def copied(value: Any) -> Any:
    return value.copy() if isinstance(value, list | dict) else value


@settings(max_examples=400, deadline=None)
@given(st.data())
def test_it_equals_a_fresh_look_after_any_sequence_of_changes(data: st.DataObject) -> None:
    context: dict[str, Any] = data.draw(st.dictionaries(KEYS, values, max_size=4))
    encoder = ContextEncoder(REGISTRY)
    touched: set[str] | None = None
    for _ in range(data.draw(st.integers(1, 6))):
        result = encoder.encode(context, touched)
        assert result == fresh(context)
        touched = set()
        if data.draw(st.booleans()):  # what a nested flow starts with
            encoder = encoder.inside(data.draw(st.sampled_from([REGISTRY, Registry(CLASSES, REGISTERED)])))
        for _ in range(data.draw(st.integers(0, 3))):
            change = data.draw(st.sampled_from(["set", "delete", "in place", "alias", "replace all"]))
            key = data.draw(KEYS)
            if change == "set":
                context = {**context, key: copied(data.draw(SMALL))}
                touched.add(key)
            elif change == "delete":
                context = {other: value for other, value in context.items() if other != key}
            elif change == "alias" and key in context:
                other = data.draw(KEYS)
                context = {**context, other: [context[key]]}
                touched |= {key, other}
            elif change == "in place":
                value = context.get(key)
                if isinstance(value, list):
                    value.append(copied(data.draw(SMALL)))
                    touched.add(key)
                elif isinstance(value, dict):
                    value["k"] = copied(data.draw(SMALL))
                    touched.add(key)
            elif change == "replace all":
                context = dict(sorted(context.items(), reverse=True))


def test_an_encoder_inside_another_saves_as_its_own_registry_says_and_leaves_the_other_alone() -> None:
    context: dict[str, Any] = {"day": date(2024, 1, 1), "status": Status.DONE, "n": 1}
    plain, codec = (
        Registry([Status]),
        Registry([], [Codec(Status, lambda status: [status.value], lambda was: Status(*was))]),
    )
    outer = ContextEncoder(plain)
    before = outer.encode(context)
    assert outer.inside(codec).encode(context, ()) == ContextEncoder(codec).encode(context) != before
    assert outer.encode(context, ()) == before


@settings(max_examples=300, deadline=None)
@given(st.dictionaries(st.text(max_size=4), values, max_size=5))
def test_the_json_and_the_tags_restore_the_context(context: dict[str, Any]) -> None:
    data, tags = fresh(context)
    assert (json.loads(data), tags) == REGISTRY.dump_context(context)


@pytest.mark.parametrize("digits", [19, 20, 4_299, 4_300, 4_301, 10_000])
@pytest.mark.parametrize("limit", [0, 640, 4_300, 100_000])
def test_integers_of_any_length_are_saved_under_any_limit_of_the_interpreter(digits: int, limit: int) -> None:
    before = sys.get_int_max_str_digits()
    value = 10**digits - 1
    try:
        sys.set_int_max_str_digits(limit)
        data, tags = fresh({"n": value, "list": [-value]})
        text = compose("step", data, FlowState("Calc", "1", ("a",), tags))
        assert REGISTRY.load_context(parse(text, None, "").output, tags) == {"n": value, "list": [-value]}
    finally:
        sys.set_int_max_str_digits(before)


@settings(max_examples=300, deadline=None)
@given(values | plain_values)
def test_what_is_found_pure_needs_no_tag(value: Any) -> None:
    """The fast walk agrees with the slow one."""
    data = encode_pure(value)
    try:
        plain, tag = REGISTRY.dump_plain(value)
    except UnsavableValueError:
        assert data is None
    else:
        assert (data is not None) == (tag is None)


def test_a_change_in_place_of_an_untouched_key_shows() -> None:
    context: dict[str, Any] = {"items": [1], "n": 1}
    encoder = ContextEncoder(REGISTRY)
    encoder.encode(context)
    context["items"].append((2,))
    assert encoder.encode(context, {"n"}) == (b'{"items":[1,[2]],"n":1}', {"items": {"in": {"1": "tuple"}}})


def test_a_change_of_nothing_but_a_type_shows_in_all_that_share_it_if_one_of_them_is_touched() -> None:
    shared: list[Any] = [[1, 2]]
    context = {"one": shared, "two": {"deep": shared}, "n": 1}
    encoder = ContextEncoder(REGISTRY)
    encoder.encode(context)
    shared[0] = (1, 2)
    tuple_inside = {"in": {"0": "tuple"}}
    assert encoder.encode(context, {"one"}) == (
        b'{"one":[[1,2]],"two":{"deep":[[1,2]]},"n":1}',
        {"one": {**tuple_inside, "shared": 1}, "two": {"in": {"deep": {"same": 1}}}},
    )
    shared[0] = [1, 2]
    assert encoder.encode(context, {"two"}) == (
        b'{"one":[[1,2]],"two":{"deep":[[1,2]]},"n":1}',
        {"one": {"shared": 1}, "two": {"in": {"deep": {"same": 1}}}},
    )


@pytest.mark.parametrize("special", [float("nan"), float("inf"), 1, True, None, "1", 1.0])
def test_values_that_are_alike_are_told_apart(special: Any) -> None:
    encoder = ContextEncoder(REGISTRY)
    context: dict[str, Any] = {"a": [0], "b": None}
    for value in (None, special, 1, special, True):
        context["a"][0] = value
        context["b"] = value
        assert encoder.encode(context, {"a", "b"}) == fresh(context)


def test_objects_that_msgspec_cannot_write_are_looked_at_each_time() -> None:
    order = Order({1})
    context: dict[str, Any] = {"order": [order, object]}
    encoder = ContextEncoder(REGISTRY)
    with pytest.raises(UnsavableValueError):
        encoder.encode(context)
    context["order"].pop()
    encoder.encode(context)
    order.number = {2}
    assert encoder.encode(context, set()) == fresh(context)


@pytest.mark.parametrize("key", ["\ud800", 1, None])
def test_a_key_that_is_no_valid_text_is_refused(key: Any) -> None:
    with pytest.raises(UnsavableValueError, match="keys are strings of valid text"):
        ContextEncoder(REGISTRY).encode({key: 1})


def test_an_empty_context_is_an_empty_object() -> None:
    encoder = ContextEncoder(REGISTRY)
    assert encoder.encode({}) == (b"{}", {})
    encoder.encode({"a": (1,)})
    assert encoder.encode({}, set()) == (b"{}", {})
