"""Values of every kind that checkpoints claim, for hypothesis, and what "comes back the same" means."""

from __future__ import annotations

import datetime
import enum
import ipaddress
import math
import re
from collections import Counter, OrderedDict, defaultdict, deque
from dataclasses import InitVar, dataclass, field
from decimal import Decimal
from pathlib import PurePosixPath, PureWindowsPath
from typing import Any, Generic, NamedTuple, TypeVar
from zoneinfo import ZoneInfo

import attrs
import msgspec
import pydantic
from hypothesis import strategies as st

from stepkit.codec import Codec

ZONES = ["UTC", "Europe/Berlin", "America/St_Johns", "Asia/Kathmandu", "Etc/GMT+5"]
T = TypeVar("T")


class Color(enum.Enum):
    RED = "red"
    GREEN = (0, 255, 0)
    BLUE = 3
    CLEAR = None


class Level(enum.IntEnum):
    LOW = 1
    HIGH = 2


class Status(enum.StrEnum):
    OPEN = "open"
    DONE = "done"


class Access(enum.Flag):
    READ = enum.auto()
    WRITE = enum.auto()
    RUN = enum.auto()


class Rights(enum.IntFlag):
    A = 1
    B = 2


class Place(NamedTuple):
    x: Any
    y: Any = 0


@dataclass
class Order:
    number: Any
    items: list[Any] = field(default_factory=list)
    total: Any = field(init=False, default=None)

    def __post_init__(self) -> None:
        if self.total is None:
            self.total = len(self.items)


@dataclass(frozen=True, slots=True)
class Frozen:
    a: Any
    b: Any = ()


@dataclass(order=True)
class Derived(Order):
    seed: InitVar[int] = 0
    note: Any = ""

    def __post_init__(self, seed: int) -> None:  # type: ignore[override]
        self.mixed = (seed, self.note)  # an attribute that is no field


@dataclass
class Box(Generic[T]):
    content: T


@attrs.define
class Parcel:
    weight: Any
    _secret: Any = None
    tags: list[Any] = attrs.field(factory=list, alias="labels")


@attrs.frozen(cache_hash=True)
class Stamp:
    text: str
    price: Any


class Point(msgspec.Struct, frozen=True, rename="camel"):
    left_side: Any
    right_side: Any = None


class Checked(msgspec.Struct):
    name: str
    upper: str = ""

    def __post_init__(self) -> None:
        self.upper = self.name.upper()


class User(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(populate_by_name=True)
    name: str = pydantic.Field(alias="userName")
    age: int | None = None
    notes: list[Any] = []
    _visits: int = pydantic.PrivateAttr(default=0)

    @pydantic.field_validator("name")
    @classmethod
    def _shorten(cls, name: str) -> str:
        return name[:-1]  # a validator that must not run again


class Open(pydantic.BaseModel, extra="allow"):
    kind: str = "open"


class Money:
    """A plain class, for a Codec."""

    def __init__(self, amount: Decimal, currency: str) -> None:
        self.amount = amount
        self.currency = currency

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Money) and (self.amount, self.currency) == (other.amount, other.currency)

    def __hash__(self) -> int:
        return hash((self.amount, self.currency))

    def __repr__(self) -> str:
        return f"Money({self.amount!r}, {self.currency!r})"


class Refused(Exception):
    """An exception whose constructor takes something else than its args, and that has attributes."""

    def __init__(self, code: Any, *, retry: Any) -> None:
        super().__init__(code, "refused")
        self.retry = retry


@dataclass
class Failed(LookupError):
    why: Any


MONEY = Codec(Money, lambda money: (money.amount, money.currency), lambda plain: Money(*plain))
CLASSES: list[type] = [
    *(Color, Level, Status, Access, Rights, Place, Order, Frozen, Derived, Box),
    *(Parcel, Stamp, Point, Checked, User, Open),
]


def same(one: Any, other: Any) -> bool:
    """Equal, of the same type, all the way down; NaN is itself."""
    if type(one) is not type(other):
        return False
    if isinstance(one, float):
        return (math.isnan(one) and math.isnan(other)) or (
            one == other and math.copysign(1.0, one) == math.copysign(1.0, other)
        )
    if isinstance(one, complex):
        return same(one.real, other.real) and same(one.imag, other.imag)
    if isinstance(one, Decimal):
        return str(one) == str(other)
    if isinstance(one, datetime.datetime | datetime.time):
        naive = one.replace(tzinfo=None) == other.replace(tzinfo=None)
        zones = type(one.tzinfo) is type(other.tzinfo) and repr(one.tzinfo) == repr(other.tzinfo)
        return naive and zones and one.fold == other.fold
    if isinstance(one, dict):
        if isinstance(one, defaultdict) and one.default_factory is not other.default_factory:
            return False
        return len(one) == len(other) and all(map(same, one.items(), other.items()))
    if isinstance(one, deque) and one.maxlen != other.maxlen:
        return False
    if isinstance(one, list | tuple | deque):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, set | frozenset):
        left = list(other)
        for element in one:
            found = [place for place, candidate in enumerate(left) if same(element, candidate)]
            if not found:
                return False
            del left[found[0]]
        return not left
    if isinstance(one, range | enum.Enum):
        return repr(one) == repr(other)
    if isinstance(one, msgspec.Struct):
        return all(same(getattr(one, name), getattr(other, name)) for name in one.__struct_fields__)
    if isinstance(one, pydantic.BaseModel):
        return all(
            same(getattr(one, part), getattr(other, part))
            for part in ("__dict__", "__pydantic_extra__", "__pydantic_private__", "__pydantic_fields_set__")
        )
    if isinstance(one, Parcel):
        return all(same(getattr(one, a.name), getattr(other, a.name)) for a in attrs.fields(Parcel))
    if isinstance(one, Order | Box):
        states = [
            {name: value for name, value in vars(each).items() if name != "__orig_class__"} for each in (one, other)
        ]
        return same(*states)
    if isinstance(one, BaseException):
        return same(one.args, other.args) and same(vars(one), vars(other))
    if isinstance(one, datetime.timezone):
        return repr(one) == repr(other)
    if isinstance(one, Frozen):
        return same((one.a, one.b), (other.a, other.b))
    return bool(one == other)


unicode_text = st.text(max_size=6)
any_text = st.text(st.characters(), max_size=6)
numbers = (
    st.integers()
    | st.builds(lambda n, shift: n << shift, st.integers(), st.sampled_from([70, 5_000, 20_000]))
    | st.floats()
)
offsets = st.timedeltas(
    min_value=datetime.timedelta(hours=-23, minutes=-59), max_value=datetime.timedelta(hours=23, minutes=59)
)
zones = (
    st.none()
    | st.just(datetime.UTC)
    | st.builds(datetime.timezone, offsets | st.timedeltas(datetime.timedelta(0), datetime.timedelta(seconds=2)))
    | st.builds(datetime.timezone, offsets, unicode_text)
    | st.builds(ZoneInfo, st.sampled_from(ZONES))
)
paths = st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\0"), max_size=8)
folds = st.integers(0, 1)

moments = st.builds(
    lambda value, zone, fold: value.replace(tzinfo=zone, fold=fold),
    st.datetimes(min_value=datetime.datetime(2, 1, 1), max_value=datetime.datetime(9998, 1, 1)),
    zones,
    folds,
)
_hashable_leaves = st.one_of(
    st.none(),
    st.booleans(),
    numbers,
    any_text,
    st.binary(max_size=6),
    st.complex_numbers(),
    st.decimals(allow_nan=False) | st.sampled_from([Decimal("-0"), Decimal("-Infinity"), Decimal("1e999999")]),
    st.fractions(),
    st.uuids(),
    moments,
    st.builds(lambda value, zone, fold: value.replace(tzinfo=zone, fold=fold), st.times(), zones, folds),
    st.dates(),
    st.timedeltas(),
    st.builds(PurePosixPath, paths),
    st.builds(PureWindowsPath, paths),
    st.builds(range, st.integers(), st.integers(), st.integers().filter(bool)),
    st.sampled_from([*Color, *Level, *Status, *Access, *Rights]),
    st.sampled_from([Access(0), Access.READ | Access.RUN, ~Access.READ, Rights(3), Rights(9)]),
    st.builds(Stamp, unicode_text, st.integers()),
    st.builds(Money, st.decimals(allow_nan=False), unicode_text),
    zones,
    st.ip_addresses(),
    st.builds(
        lambda address, bits, kind: kind((address, min(bits, address.max_prefixlen))),
        st.ip_addresses(),
        st.integers(0, 128),
        st.sampled_from([lambda pair: ipaddress.ip_network(pair, strict=False), ipaddress.ip_interface]),
    ),
    st.just(ipaddress.IPv6Address("fe80::1%eth0")),
    st.builds(
        lambda text, flags: re.compile(re.escape(text), flags),
        unicode_text | st.binary(max_size=6),
        st.sampled_from([0, re.IGNORECASE, re.MULTILINE | re.DOTALL, re.ASCII]),
    ),
    st.sampled_from([re.compile("(?xi) a (?-i:b)"), re.compile(rb"(?L)\w")]),
)


@st.composite
def _drawn_leaf(draw: st.DrawFn) -> Any:
    return draw(_hashable_leaves)


hashable_leaves = _drawn_leaf()  # its repr is its name: those of large strategies are too long to show
_hashables = st.recursive(
    hashable_leaves,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(tuple),
        st.frozensets(inner, max_size=3),
        st.builds(Place, inner, inner),
        st.builds(Frozen, inner, inner),
        st.builds(Point, inner, inner),
    ),
    max_leaves=6,
)


@st.composite
def _drawn_hashable(draw: st.DrawFn) -> Any:
    return draw(_hashables)


hashables = _drawn_hashable()
leaves = st.one_of(
    hashable_leaves,
    st.binary(max_size=6).map(bytearray),
    st.sampled_from([Decimal("NaN"), Decimal("sNaN12"), Decimal("-NaN")]),
    st.just(msgspec.UNSET),
)


def _derived(number: Any, seed: int, note: Any) -> Derived:
    return Derived(number, [note], seed, note)


def _user(name: str, age: int | None, notes: list[Any], visits: int) -> User:
    user = User.model_validate({"userName": name, "age": age})
    user.notes = notes
    user._visits = visits
    return user


def _box(content: Any) -> Box[int]:
    return Box[int](content)


def _counter(pairs: dict[Any, int]) -> Counter[Any]:
    counter: Counter[Any] = Counter()
    counter.update(pairs)
    return counter


def containers(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    lists = st.lists(inner, max_size=3)
    dicts = st.dictionaries(any_text, inner, max_size=3) | st.dictionaries(hashables, inner, max_size=3)
    return st.one_of(
        lists,
        dicts,
        lists.map(tuple),
        st.sets(hashables, max_size=3),
        st.builds(deque, lists, st.none() | st.integers(3, 9)),
        dicts.map(OrderedDict),
        st.builds(defaultdict, st.sampled_from([None, list, int, dict]), dicts),
        st.dictionaries(hashables, st.integers(), max_size=3).map(_counter),
        st.builds(Order, inner, lists),
        st.builds(_derived, inner, st.integers(), inner),
        st.builds(_box, inner),
        st.builds(Parcel, inner, inner, lists),
        st.builds(Checked, unicode_text),
        st.builds(lambda code, retry: Refused(code, retry=retry), inner, inner),
        st.builds(Failed, inner),
        st.builds(_user, unicode_text, st.none() | st.integers(), lists, st.integers()),
        st.dictionaries(st.sampled_from(["a", "b", "_c"]), inner).map(lambda extra: Open(**extra)),
    )


_values = st.recursive(leaves, containers, max_leaves=12)


@st.composite
def _drawn_value(draw: st.DrawFn) -> Any:
    return draw(_values)


values = _drawn_value()
REGISTERED: list[Any] = [MONEY, Refused, Failed]
plain_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | unicode_text,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(unicode_text, inner, max_size=4),
    max_leaves=15,
)
