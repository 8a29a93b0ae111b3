"""What cannot come back the same is refused when it is saved, with its key path, its type and what to do."""

from __future__ import annotations

import collections
import enum
import ipaddress
import re
import threading
import types
import zoneinfo
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone, tzinfo
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import pytest
from codec_values import CLASSES, Frozen, Money, Order, Place, Point

from stepkit.codec import Codec, ContextEncoder, Registry
from stepkit.errors import UnsavableValueError

REGISTRY = Registry(CLASSES)


class Text(str):
    pass


class Number(int):
    pass


class Bag(dict[str, Any]):
    pass


class Row(list[Any]):
    pass


class Pair(tuple[Any, ...]):
    pass


class Address(ipaddress.IPv6Address):
    pass


class Moment(datetime):
    pass


class Unknown(NamedTuple):
    a: int


@dataclass
class NotNamed:
    a: int


class Shade(enum.Enum):
    DARK = 1


class Zone(tzinfo):
    def utcoffset(self, moment: datetime | None) -> timedelta:
        return timedelta(0)


@dataclass
class Cells(dict[str, int]):
    width: int


@dataclass
class Failure(Exception):
    code: int


class Growing(msgspec.Struct):
    items: list[int]

    def __post_init__(self) -> None:
        self.items = [*self.items, 0]


@dataclass
class Conn:
    lock: Any


def cyclic_list() -> list[Any]:
    cycle: list[Any] = []
    cycle.append(cycle)
    cycle.append(cycle)
    return cycle


def cyclic_order() -> Order:
    order = Order(1)
    order.items.append({"parent": order})
    return order


def nested(levels: int, wrap: Callable[[Any], Any]) -> Any:
    value: Any = None
    for _ in range(levels):
        value = wrap(value)
    return value


def with_attribute() -> Any:
    counter = collections.OrderedDict(a=1)
    counter.note = "mine"  # type: ignore[attr-defined]
    return counter


CODEC = "register a Codec for its class with codecs=, or keep it on self, out of the context"
UNNAMED = "is of a class that the flow does not name"
CASES: list[tuple[Any, str, type, str]] = [
    (threading.Lock(), "$", type(threading.Lock()), CODEC),
    ({"order": {"items": [0, {"conn": threading.Lock()}]}}, "$.order.items[1].conn", type(threading.Lock()), CODEC),
    (lambda: None, "$", types.FunctionType, CODEC),
    (int, "$", type, CODEC),
    ((n for n in ()), "$", types.GeneratorType, CODEC),
    (memoryview(b""), "$", memoryview, CODEC),
    (object(), "$", object, CODEC),
    (Address("::1"), "$", Address, "is of a subclass of IPv6Address"),
    (re.match("a", "a"), "$", re.Match, CODEC),
    (re.compile("\ud800"), "$", re.Pattern, "has a pattern that is not valid text"),
    (timezone(timedelta(0), "\ud800"), "$", timezone, "has a name that is not valid text"),
    (Money(1, "EUR"), "$", Money, CODEC),  # type: ignore[arg-type]
    (ValueError("x"), "$", ValueError, "is an exception; register it with codecs=, which keeps its args"),
    (OSError(2, "x"), "$", FileNotFoundError, CODEC),
    ({"a b": [types.MappingProxyType({})]}, '$["a b"][0]', types.MappingProxyType, CODEC),
    (Text("x"), "$", Text, "is of a subclass of str and would come back as a plain str; convert it to str"),
    (Number(1), "$", Number, "is of a subclass of int and would come back as a plain int"),
    ([Bag()], "$[0]", Bag, "is of a subclass of dict and would come back as a plain dict"),
    (Row(), "$", Row, "is of a subclass of list"),
    (Pair(), "$", Pair, "is of a subclass of tuple"),
    (Moment(2024, 1, 1), "$", Moment, "is of a subclass of datetime"),
    ({Text("k"): 1}, "$.keys()[0]", Text, "is of a subclass of str"),
    ({(1, threading.Lock()): 1}, "$.keys()[0][1]", type(threading.Lock()), CODEC),
    ({1: {2.5: {object}}}, "$[1][float]{*}", type, CODEC),
    (Unknown(1), "$", Unknown, UNNAMED),
    ((NotNamed(1),), "$[0]", NotNamed, UNNAMED),
    (Shade.DARK, "$", Shade, UNNAMED),
    ({Shade.DARK: 1}, "$.keys()[0]", Shade, UNNAMED),
    (Order(1, [Frozen(1, Conn(0))]), "$.items[0].b", Conn, UNNAMED),
    (Place(Point(1, object()), 1), "$.x.right_side", object, CODEC),
    (datetime(2024, 1, 1, tzinfo=Zone()), "$", datetime, "has a time zone of type test_codec_refused.Zone"),
    (datetime(2024, 1, 1, tzinfo=timezone(timedelta(0), "\ud800")), "$", datetime, "whose name is not valid text"),
    (collections.defaultdict(lambda: 0), "$", collections.defaultdict, "has a default_factory that cannot be saved"),
    (with_attribute(), "$", collections.OrderedDict, "has attributes of its own"),
    (cyclic_list(), "$[0]", list, "contains itself"),
    ({"a": cyclic_order()}, "$.a.items[0].parent", Order, "contains itself"),
    (nested(101, lambda inner: [inner]), "$" + "[0]" * 100, list, "is nested more than 100 levels deep"),
    (nested(101, lambda inner: {"a": inner}), "$" + ".a" * 100, dict, "is nested more than 100 levels deep"),
    (nested(101, lambda inner: (inner,)), "$" + "[0]" * 100, tuple, "is nested more than 100 levels deep"),
    (nested(101, Order), "$" + ".number" * 100, Order, "is nested more than 100 levels deep"),
    (nested(100_000, lambda inner: [inner]), "$" + "[0]" * 100, list, "is nested more than 100 levels deep"),
]


@pytest.mark.parametrize(("value", "path", "kind", "reason"), CASES)
def test_it_is_refused_with_its_path_its_type_and_what_to_do(value: Any, path: str, kind: type, reason: str) -> None:
    with pytest.raises(UnsavableValueError) as caught:
        REGISTRY.dump(value)
    assert (caught.value.path, caught.value.type) == (path, kind)
    assert reason in caught.value.reason
    assert str(caught.value).startswith(f"the value at {path} ({kind.__module__}.{kind.__qualname__}) ")


@pytest.mark.parametrize(("value", "path", "kind", "reason"), CASES)
def test_the_encoder_of_contexts_refuses_the_same(value: Any, path: str, kind: type, reason: str) -> None:
    encoder = ContextEncoder(REGISTRY)
    with pytest.raises(UnsavableValueError) as caught:
        encoder.encode({"fine": 1, "key": value})
    assert (caught.value.path, caught.value.type) == ("$.key" + path[1:], kind)
    assert encoder.encode({"fine": 1, "key": (2,)}) == (b'{"fine":1,"key":[2]}', {"key": "tuple"})


def test_the_message_in_full() -> None:
    with pytest.raises(UnsavableValueError) as caught:
        REGISTRY.dump({"order": NotNamed(1)})
    assert str(caught.value) == (
        "the value at $.order (test_codec_refused.NotNamed) is of a class that the flow does not name, so a checkpoint "
        "could not restore it; name the class in the flow (its input, or the annotation of a parameter or a return), "
        "register it with codecs=, or keep it on self, out of the context"
    )


def test_a_hundred_levels_are_saved() -> None:
    wraps: list[tuple[int, Callable[[Any], Any]]] = [
        (100, lambda inner: [inner]),
        (100, lambda inner: {"a": inner}),
        (100, lambda inner: (inner,)),
        (50, lambda inner: {1: (inner,)}),
    ]
    for levels, wrap in wraps:
        value = nested(levels, wrap)
        data, tag = REGISTRY.dump(value)
        assert REGISTRY.load(msgspec.json.decode(data), msgspec.json.decode(msgspec.json.encode(tag))) == value


def test_a_deep_stack_of_the_caller_is_no_recursion_error() -> None:
    def deeper(levels: int) -> None:
        if levels:
            deeper(levels - 1)
        else:
            REGISTRY.dump(nested(90, Order))

    refused = 0
    for levels in range(600, 960, 30):
        try:
            deeper(levels)
        except UnsavableValueError as error:
            assert "nested too deep" in error.reason
            refused += 1
        except RecursionError:
            break  # the caller's own stack is full
    assert refused > 0


def test_a_subclass_of_a_named_class_is_refused() -> None:
    class Child(Order):
        pass

    with pytest.raises(UnsavableValueError, match=r"the value at \$ .*Child.* the flow does not name"):
        REGISTRY.dump(Child(1))


def test_state_that_is_no_attribute_cannot_be_saved_even_if_the_class_is_named() -> None:
    with pytest.raises(UnsavableValueError, match="register a Codec"):
        Registry([Cells]).dump(Cells(3))


def test_a_struct_that_its_constructor_changes_is_refused() -> None:
    value = Growing([1])
    with pytest.raises(UnsavableValueError, match="does not come back the same when it is made from its fields"):
        Registry([Growing]).dump(value)
    assert value.items == [1, 0]


def test_a_namedtuple_with_attributes_besides_its_fields_is_refused() -> None:
    class Tagged(Place):
        pass

    place = Tagged(1, 2)
    assert Registry([Tagged]).dump(place)[0] == b'{"x":1,"y":2}'
    place.note = "lost"  # type: ignore[attr-defined]
    with pytest.raises(UnsavableValueError, match="has attributes besides its fields"):
        Registry([Tagged]).dump(place)


def test_a_codec_that_fails_is_named_with_its_error() -> None:
    def broken(money: Money) -> Any:
        raise LookupError("no rate")

    codec: Codec[Money] = Codec(Money, broken, Money)
    with pytest.raises(UnsavableValueError, match=r"\$\[0\].*its codec raised LookupError"):
        Registry((), [codec]).dump([Money(1, "EUR")])  # type: ignore[arg-type]


def test_what_a_codec_makes_is_checked_too() -> None:
    codec = Codec(Money, lambda money: {"raw": money.amount}, lambda plain: Money(plain["raw"], ""))
    with pytest.raises(UnsavableValueError, match=r"\$\.a\.raw .*object"):
        Registry((), [codec]).dump({"a": Money(object(), "EUR")})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        ((str, str, str), "type is a class that JSON has no form for, not <class 'str'>"),
        ((dict, dict, dict), "type is a class that JSON has no form for"),
        (("Money", str, str), "type is a class that JSON has no form for, not 'Money'"),
        ((Money, None, str), r"Codec\(Money\): encode and decode are functions of one argument"),
        ((Money, str, 3), r"Codec\(Money\): encode and decode are functions of one argument"),
        ((Money, str, str, ""), "name is a printable string, not ''"),
        ((Money, str, str, "\ud800"), "name is a printable string"),
    ],
)
def test_a_codec_that_makes_no_sense_is_refused(arguments: tuple[Any, ...], problem: str) -> None:
    with pytest.raises(TypeError, match=problem):
        Codec(*arguments)


def test_two_classes_of_one_name_are_not_confused() -> None:
    def make() -> Any:
        @dataclass
        class Local:
            a: int

        return Local

    one, two = make(), make()
    both = Registry([one, two])
    with pytest.raises(UnsavableValueError, match="is of one of 2 classes of the flow that are called"):
        both.dump(one(1))
    alone = Registry([one])
    data, tag = alone.dump(one(1))
    assert type(alone.load(msgspec.json.decode(data), tag)) is one
    named = Registry([one], [Codec(two, lambda value: value.a, two, name="two")])
    for cls in (one, two):
        data, tag = named.dump(cls(5))
        assert type(named.load(msgspec.json.decode(data), tag)) is cls


def test_a_zone_that_its_key_does_not_give_is_refused() -> None:
    kathmandu = next(Path(folder, "Asia/Kathmandu") for folder in zoneinfo.TZPATH if Path(folder, "Asia").is_dir())
    with kathmandu.open("rb") as file:
        impostor = zoneinfo.ZoneInfo.from_file(file, key="UTC")
    with kathmandu.open("rb") as file:
        nameless = zoneinfo.ZoneInfo.from_file(file)
    for zone in (impostor, nameless):
        with pytest.raises(UnsavableValueError, match="has a time zone that ZoneInfo"):
            REGISTRY.dump(datetime(2024, 1, 1, tzinfo=zone))
        with pytest.raises(UnsavableValueError, match="has no key that ZoneInfo takes"):
            REGISTRY.dump(zone)


class Slotted(Exception):
    __slots__ = ("a",)


@pytest.mark.parametrize(
    "error",
    [OSError(2, "x"), StopIteration(1), ImportError("x", name="y"), ExceptionGroup("x", [ValueError()]), Slotted()],
)
def test_an_exception_with_more_than_args_and_attributes_is_refused_even_if_it_is_registered(error: Exception) -> None:
    with pytest.raises(UnsavableValueError, match="cannot be saved in a checkpoint; register a Codec"):
        Registry([], [type(error)]).dump(error)


def test_an_exception_that_is_only_named_is_refused() -> None:
    for error in (ValueError("x"), Failure(3)):
        with pytest.raises(UnsavableValueError, match="is an exception; register it with codecs="):
            Registry([type(error)]).dump(error)


def test_an_exception_whose_attribute_is_called_args_is_refused() -> None:
    error = ValueError("x")
    vars(error)["args"] = 1
    with pytest.raises(UnsavableValueError, match='has an attribute of its own that is called "args"'):
        Registry([], [ValueError]).dump(error)


def test_a_pattern_that_prints_when_it_is_compiled_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(UnsavableValueError, match="was compiled with re.DEBUG"):
        REGISTRY.dump(re.compile("a", re.DEBUG))
