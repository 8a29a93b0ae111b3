"""Does a value fit an annotation? What does not is told with its path, what cannot be judged fits."""

from __future__ import annotations

import collections
import enum
import pathlib
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import (
    Annotated,
    Any,
    ForwardRef,
    Generic,
    Literal,
    NewType,
    NotRequired,
    Protocol,
    Required,
    TypedDict,
    TypeVar,
)
from uuid import UUID

import pytest
from codec_values import Box, Color, Frozen, Level, Order, Place, Point, Status, User, values
from hypothesis import given, settings
from typing_extensions import ReadOnly, TypeAliasType

from stepkit.annotations.fitting import fit


def stable_repr(value: object) -> str:
    """The workers of a parallel run must agree on the names of tests: no addresses in them."""
    return re.sub(r" at 0x[0-9a-f]+", "", repr(value))


T = TypeVar("T")
UserId = NewType("UserId", int)
Json = TypeAliasType("Json", None | bool | int | float | str | list["Json"] | dict[str, "Json"])
Pairs = TypeAliasType("Pairs", list[tuple[T, T]], type_params=(T,))


class Named(Protocol):
    name: str


class Row(TypedDict):
    n: int
    note: NotRequired[str]
    at: ReadOnly[datetime]


class Loose(TypedDict, total=False):
    n: Required[int]
    rows: list[Row]


@dataclass
class Invoice:
    number: int
    due: date
    price: Decimal


AT = datetime(2024, 5, 6, tzinfo=UTC)
FITS: list[tuple[Any, Any]] = [
    (1, int),
    (1, float),
    (1.5, float),
    (1, complex),
    (True, bool),
    (True, int),  # as for the type system
    (True, float),
    (None, None),
    (None, type(None)),
    (None, int | None),
    ("a", int | str),
    ("a", int | Annotated[str, "x"]),
    (object(), object),
    (object(), Any),
    (Level.LOW, int),
    (Level.LOW, Level),
    (AT, date),
    ("a", Literal["a", 1]),
    (Color.RED, Literal[Color.RED]),
    ([1, 2], list[int]),
    ([], list[int]),
    ((1, "a"), tuple[int, str]),
    ((1, 2, 3), tuple[int, ...]),
    ((), tuple[()]),
    ({1: "a"}, dict[int, str]),
    ({1: "a"}, Mapping[int, str]),
    ([1], Sequence[int]),
    ("text", Sequence[str]),
    ({1}, Iterable[int]),
    (collections.defaultdict(list, {1: [1]}), collections.defaultdict[int, list[int]]),
    (collections.Counter("ab"), collections.Counter[str]),
    ([1], list),
    ({"n": 1, "at": AT}, Row),
    ({"n": 1, "at": AT, "note": "x", "more": 1}, Row),
    ({"n": 1}, Loose),
    ({"n": 1, "rows": [{"n": 2, "at": AT}]}, Loose),
    (Order(1), Order),
    (Box(1), Box[str]),
    (Place(1, 2), Place),
    (Place(1, 2), tuple),
    (5, UserId),
    ([(1, 2)], Pairs[int]),
    ({"a": [1, None, {"b": 2.5}]}, Json),
    (Frozen(1), Named),
    (len, Callable[[int], str]),
    (3, T),
    (int, type[int]),
    ("x", "Unresolved"),
    ([1], "list[str]"),
    ([object()], list[ForwardRef("Nowhere")]),
]


@pytest.mark.parametrize(("value", "annotation"), FITS, ids=stable_repr)
def test_it_fits_and_is_not_changed(value: Any, annotation: Any) -> None:
    assert fit(value, annotation, "$.k", convert=False) is value
    assert fit(value, annotation, "$.k", convert=True) is value


UNFIT: list[tuple[Any, Any, str]] = [
    ("a", int, "the value at $.k is str of 1 characters, expected int"),
    (1.0, int, "the value at $.k is float, expected int"),
    (1, str, "the value at $.k is int, expected str"),
    (None, str, "the value at $.k is NoneType, expected str"),
    (0, None, "the value at $.k is int, expected None"),
    ([], int | None, "the value at $.k is list, expected int | None"),
    ([], int | str, "the value at $.k is list, expected int | str"),
    (True, Literal["a", 1], "the value at $.k is bool, expected Literal['a', 1]"),
    ([1, "x"], list[int], "the value at $.k[1] is str of 1 characters, expected int"),
    ((1,), list[int], "the value at $.k is tuple, expected list[int]"),
    ((1, 2), tuple[int, str], "the value at $.k[1] is int, expected str"),
    ((1,), tuple[int, str], "the value at $.k is a tuple of 1, expected tuple[int, str]"),
    ((1,), tuple[()], "the value at $.k is a tuple of 1, expected tuple[()]"),
    ({"a": "b"}, dict[str, int], "the value at $.k.a is str of 1 characters, expected int"),
    ({"a": 1}, dict[int, int], "the value at $.k.a (the key) is str of 1 characters, expected int"),
    ({"a b": [{1: 2}]}, Mapping[str, list[dict[int, str]]], 'the value at $.k["a b"][0][1] is int, expected str'),
    ({"n": 1}, Row, 'the value at $.k lacks the key "at", which Row requires'),
    ({"n": "1", "at": AT}, Row, "the value at $.k.n is str of 1 characters, expected int"),
    ({"n": 1, "at": AT, "note": None}, Row, "the value at $.k.note is NoneType, expected str"),
    ([], Row, "the value at $.k is list, expected Row"),
    ({}, Loose, 'the value at $.k lacks the key "n", which Loose requires'),
    ({"n": 1, "rows": [{}]}, Loose, 'the value at $.k.rows[0] lacks the key "n", which Row requires'),
    ("2024", datetime, "the value at $.k is str of 4 characters, expected datetime"),
    ({"number": 1}, Order, "the value at $.k is dict, expected Order"),
    (Order(1), Invoice, "the value at $.k is Order, expected Invoice"),
    ("5", UserId, "the value at $.k is str of 1 characters, expected int"),
    ([(1, "2")], Pairs[int], "the value at $.k[0][1] is str of 1 characters, expected int"),
    ("s" * 99, int, "the value at $.k is str of 99 characters, expected int"),
]


@pytest.mark.parametrize(("value", "annotation", "message"), UNFIT)
def test_it_does_not_fit_and_the_message_says_where_and_what(value: Any, annotation: Any, message: str) -> None:
    with pytest.raises(ValueError) as caught:
        fit(value, annotation, "$.k", convert=False)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("plain", "annotation", "value"),
    [
        ("2024-05-06T00:00:00Z", datetime, AT),
        ("2024-05-06T00:00:00.000Z", datetime | None, AT),
        ("2024-05-06", date, date(2024, 5, 6)),
        ("P1D", timedelta, timedelta(days=1)),
        ("1.10", Decimal, Decimal("1.10")),
        ("12345678-1234-5678-1234-567812345678", UUID, UUID("12345678-1234-5678-1234-567812345678")),
        ("AP8=", bytes, b"\x00\xff"),
        ("open", Status, Status.OPEN),
        (2, Level, Level.HIGH),
        ("red", Literal[Color.RED], Color.RED),
        ("/tmp/x", pathlib.Path, pathlib.Path("/tmp/x")),
        ([1, "2024-05-06"], tuple[int, date], (1, date(2024, 5, 6))),
        (["a"], set[str], {"a"}),
        ({"1": "2024-05-06"}, dict[int, date], {1: date(2024, 5, 6)}),
        ([{"n": 1, "at": "2024-05-06T00:00:00Z"}], list[Row], [{"n": 1, "at": AT}]),
        (
            {"number": 1, "due": "2024-05-06", "price": "9.90"},
            Invoice,
            Invoice(1, date(2024, 5, 6), Decimal("9.90")),
        ),
        ({"leftSide": 1}, Point, Point(1)),
        ({"userName": "annx"}, User, User.model_validate({"userName": "annx"})),
        ({"a": ["2024-05-06"]}, Mapping[str, tuple[date, ...]], {"a": (date(2024, 5, 6),)}),
        (["x", "2024-05-06"], list[date | str], ["x", "2024-05-06"]),
    ],
    ids=stable_repr,
)
def test_json_forms_are_converted_only_if_that_is_asked_for(plain: Any, annotation: Any, value: Any) -> None:
    import copy

    before = copy.deepcopy(plain)
    converted = fit(plain, annotation, "$", convert=True)
    assert (converted, type(converted)) == (value, type(value))
    assert plain == before
    if value != plain:
        with pytest.raises(ValueError):
            fit(plain, annotation, "$", convert=False)


@pytest.mark.parametrize(
    ("plain", "annotation"),
    [("tomorrow", datetime), ("pink", Color), ([1], tuple[int, int]), ({"number": 1}, Invoice), (1.5, int), ("1", int)],
    ids=stable_repr,
)
def test_what_cannot_be_converted_does_not_fit(plain: Any, annotation: Any) -> None:
    with pytest.raises(ValueError, match=r"^the value at \$"):
        fit(plain, annotation, "$", convert=True)


def test_the_fields_of_a_generic_typed_dict_cannot_be_judged() -> None:
    class Page(TypedDict, Generic[T]):
        items: list[T]

    assert fit({"items": ["a"]}, Page[int], "$", convert=False) == {"items": ["a"]}
    with pytest.raises(ValueError, match="lacks the key"):
        fit({}, Page[int], "$", convert=False)


def test_an_annotation_that_is_odd_fits() -> None:
    class Odd(type):
        def __instancecheck__(cls, instance: object) -> bool:
            raise RuntimeError

    class Strange(metaclass=Odd):
        pass

    for annotation in (Strange, list[Strange], 7, "x y z", enum.auto(), [int]):
        assert fit([1], annotation, "$", convert=True) == [1]


@settings(max_examples=200, deadline=None)
@given(values)
def test_every_value_fits_its_own_type_and_any_json_does_not_confuse_it(value: Any) -> None:
    assert fit(value, type(value), "$", convert=False) is value
    assert fit(value, type(value), "$", convert=True) is value
