"""What the codec claims comes back equal, of the same type, through text; what nobody asked for stays plain JSON."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from ipaddress import ip_network
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest
from codec_values import (
    CLASSES,
    REGISTERED,
    Access,
    Color,
    Money,
    Order,
    Place,
    Refused,
    User,
    plain_values,
    same,
    values,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from stepkit.codec import Registry

REGISTRY = Registry(CLASSES, REGISTERED)


def through_text(value: Any, registry: Registry = REGISTRY) -> Any:
    data, tag = registry.dump(value)
    tag_text = json.dumps(tag)
    return registry.load(json.loads(data), json.loads(tag_text))


@settings(max_examples=400, deadline=None)
@given(values)
def test_every_kind_comes_back_equal_and_of_the_same_type(value: Any) -> None:
    back = through_text(value)
    assert same(value, back), (value, back)


@settings(max_examples=300, deadline=None)
@given(values)
def test_the_text_of_what_came_back_is_the_same(value: Any) -> None:
    assert REGISTRY.dump(through_text(value)) == REGISTRY.dump(value)


@settings(max_examples=200, deadline=None)
@given(plain_values)
def test_json_data_are_saved_as_they_stand_and_need_no_tag(value: Any) -> None:
    data, tag = REGISTRY.dump(value)
    assert (data, tag) == (msgspec.json.encode(value), None)


@settings(max_examples=200, deadline=None)
@given(values)
def test_the_json_is_strict(value: Any) -> None:
    def refuse(constant: str) -> None:
        raise AssertionError(constant)

    json.loads(REGISTRY.dump(value)[0], parse_constant=refuse)


@pytest.mark.parametrize(
    ("value", "plain", "tag"),
    [
        (datetime(2024, 5, 6, 7, 8, tzinfo=UTC), "2024-05-06T07:08:00+00:00", "datetime"),
        (date(2024, 5, 6), "2024-05-06", "date"),
        (timedelta(days=1, seconds=5), "P1DT5S", "timedelta"),
        (Decimal("1.10"), "1.10", "decimal"),
        (b"\x00\xff", "AP8=", "bytes"),
        ((1, "a"), [1, "a"], "tuple"),
        ({"b", "a"}, ["a", "b"], "set"),
        (float("-inf"), "-Infinity", "float"),
        ({1: "a", 2: "b"}, {"1": "a", "2": "b"}, {"key": "int"}),
        ({1: "a", "b": 2}, {"1": "a", "b": 2}, {"keys": {"1": "int"}}),
        ({1: "a", "1": "b"}, [[1, "a"], ["1", "b"]], {"pairs": True}),
        ({(1, 2): "a"}, [[[1, 2], "a"]], {"pairs": True, "keys": {"in": {"0": "tuple"}}}),
        ([date(2024, 5, 6), date(2024, 5, 7)], ["2024-05-06", "2024-05-07"], {"each": "date"}),
        ({"at": date(2024, 5, 6), "n": 1}, {"at": "2024-05-06", "n": 1}, {"in": {"at": "date"}}),
        (Color.RED, "red", {"class": "codec_values:Color"}),
        (Color.GREEN, "GREEN", {"class": "codec_values:Color", "by": "name"}),
        (Access.READ | Access.RUN, 5, {"class": "codec_values:Access"}),
        (Place(1, (2,)), {"x": 1, "y": [2]}, {"class": "codec_values:Place", "in": {"y": "tuple"}}),
        (Order(7), {"number": 7, "items": [], "total": 0}, {"class": "codec_values:Order"}),
        (ip_network("10.0.0.0/8"), "10.0.0.0/8", "IPv4Network"),
        (ZoneInfo("Europe/Berlin"), "Europe/Berlin", "zone"),
        (timezone(timedelta(hours=-2), "there"), "UTC-02:00", {"is": "timezone", "name": "there"}),
        (re.compile("a+"), "a+", "pattern"),
        (re.compile(b"a+", re.I), "YSs=", {"is": "pattern", "bytes": True, "flags": 2}),
        (
            Refused(7, retry=(1,)),
            {"args": [7, "refused"], "retry": [1]},
            {"class": "codec_values:Refused", "in": {"retry": "tuple"}},
        ),
        (
            Money(Decimal(3), "EUR"),
            ["3", "EUR"],
            {"class": "codec_values:Money", "of": {"is": "tuple", "in": {"0": "decimal"}}},
        ),
    ],
)
def test_the_json_stays_readable(value: Any, plain: Any, tag: Any) -> None:
    data, found = REGISTRY.dump(value)
    assert (json.loads(data), found) == (plain, tag)


@settings(max_examples=200, deadline=None)
@given(
    st.recursive(
        st.sampled_from(["datetime", "tuple", "is", "2024-01-01", "codec_values:Order"]) | st.integers(),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["is", "in", "each", "class", "key", "keys", "pairs", "values", "0", "flow", "types"]),
                inner,
            )
        ),
    )
)
def test_user_data_that_look_like_tags_stay_plain_data(value: Any) -> None:
    assert REGISTRY.dump(value)[1] is None
    assert same(through_text(value), value)
    assert same(through_text((value,)), (value,))


def test_a_set_has_the_same_text_in_every_process() -> None:
    program = (
        "from stepkit.codec import Registry; print(Registry().dump({'a', 'bb', 'ccc', (1, 'e'), None})[0].decode())"
    )
    texts = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in "123"
    }
    assert len(texts) == 1


def test_what_a_validator_or_a_constructor_did_is_not_done_again() -> None:
    user = User.model_validate({"userName": "anna"})
    assert user.name == "ann"
    assert through_text(user).name == "ann"
    order = Order(1, ["a"])
    order.total = 5
    assert through_text(order).total == 5


def test_an_object_in_two_places_comes_back_as_one() -> None:
    shared = [(1,)]
    back = through_text({"a": shared, "b": shared})
    assert back == {"a": [(1,)], "b": [(1,)]}
    assert back["a"] is back["b"]


def test_loading_changes_nothing_in_the_plain_data() -> None:
    value = {"a": [(1, 2), {3}], "b": {1: date(2024, 1, 1)}, "c": Order(1, [(1,)])}
    data, tag = REGISTRY.dump(value)
    plain = json.loads(data)
    REGISTRY.load(plain, tag)
    assert plain == json.loads(data)
