"""What the annotations of flows say at run time; whatever is wrong with one spoils no other."""

from __future__ import annotations

import enum
import functools
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Annotated, Any, Generic, NamedTuple, NotRequired, TypedDict, TypeVar

import attrs
import msgspec
import pydantic
import pytest

from stepkit import Codec, Flow, flow
from stepkit.annotations.hints import UNKNOWN, hints_of
from stepkit.table import StepRow

if TYPE_CHECKING:
    from nowhere import Missing  # type: ignore[import-not-found]

T = TypeVar("T")


class Size(enum.Enum):
    S = 1


class Inner(NamedTuple):
    size: Size


@dataclass
class Base:
    inner: list[Inner]


@dataclass
class Item(Base):
    parts: dict[str, Part | None]


@attrs.define
class Part:
    model: Model


class Model(pydantic.BaseModel, arbitrary_types_allowed=True):
    struct: Annotated[Struct | None, "x"] = None
    _private: Private | None = None


class Struct(msgspec.Struct):
    kind: Kind


class Kind(enum.Enum):
    A = "a"


@dataclass
class Private:
    n: int


@dataclass
class Given:
    n: int


@dataclass
class OfCase:
    n: int


@dataclass
class OfMember:
    n: int


class Money:
    pass


class Order(TypedDict):
    item: Item
    note: NotRequired[str]


class Result(TypedDict):
    given: Given
    extra: NotRequired[int]
    date: date


class Partial(TypedDict, total=False):
    given: Given


MONEY = Codec(Money, lambda money: 0, lambda plain: Money())


def traced(function: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(function)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        return function(*args, **kwargs)

    return wrapper


class Small(Flow[Order]):
    @flow.step("small")
    def small(self, case: OfCase) -> None: ...


class Main(Flow[Order], codecs=[MONEY, Kind]):
    @flow.step
    def date(self, item: Item, when: date, count: int = 0) -> Result: ...  # type: ignore[empty-body, valid-type]

    @flow.step
    def unknown(self, a: Missing, b: int, c, d: list[Missing], e: nonsense.x, f: "1 +" = 0) -> Missing: ...  # type: ignore # noqa

    @flow.step
    @traced
    def wrapped(self, item: Item) -> Partial: ...  # type: ignore[empty-body]

    @flow.step
    async def maybe(self, n: int = None) -> Result | None: ...  # type: ignore[assignment]

    @flow.step
    def either(self) -> Result | Partial: ...  # type: ignore[empty-body]

    @flow.step
    def awaitable(self) -> Awaitable[Annotated[Partial, "x"]]: ...  # type: ignore[empty-body]

    @flow.step
    def nothing(self) -> None: ...

    @flow.step
    def anything(self) -> Mapping[str, int]: ...  # type: ignore[empty-body]

    @flow.step
    def unannotated(self, x): ...  # type: ignore[no-untyped-def]

    @flow.transform("all")
    def all(self, ctx: Order, /) -> Result: ...  # type: ignore[empty-body]

    @flow.branch("route", cases={"small": Small})
    def route(self, item: Item) -> str: ...  # type: ignore[empty-body]

    group = flow.parallel("group")

    @group.step
    def member(self, m: OfMember) -> Partial: ...  # type: ignore[empty-body]


HINTS = hints_of(Main)


def row(name: str, cls: Any = Main) -> StepRow:
    for each in cls.__stepkit_table__.steps:
        for found in (each, *each.members):
            if found.attribute == name:
                return found
    raise LookupError(name)


@pytest.mark.parametrize(
    ("step", "key", "annotation"),
    [
        ("date", "item", Item),
        ("date", "when", date),
        ("date", "count", int),
        ("date", "other", UNKNOWN),
        ("unknown", "a", UNKNOWN),
        ("unknown", "b", int),
        ("unknown", "c", UNKNOWN),
        ("unknown", "d", UNKNOWN),
        ("unknown", "e", UNKNOWN),
        ("unknown", "f", UNKNOWN),
        ("wrapped", "item", Item),
        ("maybe", "n", int | None),
        ("unannotated", "x", UNKNOWN),
        ("route", "item", Item),
        ("member", "m", OfMember),
        ("group", "m", UNKNOWN),
    ],
)
def test_the_annotation_of_a_parameter(step: str, key: str, annotation: Any) -> None:
    assert HINTS.parameter(row(step), key) == annotation


CERTAIN = frozenset({"given", "date"})


@pytest.mark.parametrize(
    ("step", "gives"),
    [
        ("date", (CERTAIN, {"extra"})),
        ("wrapped", (set(), {"given"})),
        ("maybe", (set(), {"given", "date", "extra"})),
        ("either", (set(), {"given", "date", "extra"})),
        ("awaitable", (set(), {"given"})),
        ("nothing", (set(), set())),
        ("all", (CERTAIN, {"extra"})),
        ("anything", None),
        ("unannotated", None),
        ("unknown", None),
        ("route", None),
        ("group", None),
        ("member", (set(), {"given"})),
    ],
)
def test_the_keys_that_a_step_gives(step: str, gives: Any) -> None:
    assert HINTS.gives(row(step)) == gives


def test_the_registry_has_every_class_that_is_named_anywhere_and_those_of_nested_flows() -> None:
    found = set(HINTS.registry.classes)
    named = {Item, Inner, Size, Part, Model, Struct, Kind, Private, Given, OfCase, OfMember, Money}
    assert named <= found
    assert Base not in found
    assert {cls for cls in found if cls.__module__ == __name__} == named


def test_what_the_registry_knows_comes_back() -> None:
    import json

    value = [Item([Inner(Size.S)], {"a": Part(Model(struct=Struct(Kind.A))), "b": None}), OfCase(1), OfMember(2)]
    data, tag = HINTS.registry.dump(value)
    assert HINTS.registry.load(json.loads(data), tag) == value


def test_the_input_is_what_stands_in_the_brackets() -> None:
    class Child(Main):
        pass

    class Later(Flow["Order"]):
        pass

    class Nowhere(Flow["Nonsense"]):  # type: ignore[name-defined]  # noqa: F821
        pass

    class Plain(Flow):  # type: ignore[type-arg]
        pass

    class Open(Flow[T], Generic[T]):
        pass

    class Closed(Open[Order]):
        pass

    inputs = [hints_of(cls).input for cls in (Main, Child, Later, Nowhere, Plain, Open, Closed)]
    assert inputs == [Order, Order, Order, UNKNOWN, UNKNOWN, UNKNOWN, Order]


def test_classes_of_a_function_are_known_where_a_step_of_the_flow_uses_them_and_unknown_else() -> None:
    @dataclass
    class Local:
        n: int

    @dataclass
    class Unused:
        n: int

    class Inside(Flow):  # type: ignore[type-arg]
        @flow.step
        def uses(self, a: Local, b: int) -> None:
            Local(1)

        @flow.step
        def reads(self, a: Local, b: int, c: Unused) -> None: ...

    hints = hints_of(Inside)
    assert hints.parameter(row("uses", Inside), "a") is Local
    assert hints.parameter(row("reads", Inside), "a") is Local
    assert hints.parameter(row("reads", Inside), "b") is int
    assert hints.parameter(row("reads", Inside), "c") is UNKNOWN
    assert Local in hints.registry.classes


def test_a_class_of_a_function_hides_the_modules_class_of_that_name() -> None:
    module_size = Size

    def make() -> tuple[Any, Any]:
        @dataclass
        class Size:
            n: int

        class Inside(Flow):  # type: ignore[type-arg]
            @flow.step
            def gives(self) -> dict[str, Size]:
                return {"size": Size(1)}

            @flow.step
            def reads(self, size: Size): ...

        return Inside, Size

    inside, local_size = make()
    assert hints_of(inside).parameter(row("reads", inside), "size") is local_size is not module_size
    saved: list[str] = []
    inside().run_sync(on_step_complete=lambda event: saved.append(event.checkpoint))
    assert inside().run_checkpoint_sync(saved[0]) == {"size": local_size(1)}


def test_a_step_may_be_called_like_a_builtin_that_annotations_name() -> None:
    class Named(Flow):  # type: ignore[type-arg]
        @flow.step
        def list(self, sizes: list[Size], when: dict[str, int]): ...  # type: ignore[valid-type]

        @flow.step
        def dict(self, when: dict[str, int]): ...  # type: ignore[valid-type]

    hints = hints_of(Named)
    assert hints.parameter(row("list", Named), "sizes") == list[Size]
    assert hints.parameter(row("dict", Named), "when") == dict[str, int]
    assert Size in hints.registry.classes


def test_hints_are_made_once_for_each_class() -> None:
    class Child(Main):
        pass

    assert hints_of(Main) is HINTS
    assert hints_of(Child) is hints_of(Child)
    assert hints_of(Child) is not HINTS
    assert HINTS.registry is HINTS.registry


def test_a_registry_says_nothing_of_a_flow_that_only_a_run_knows() -> None:
    class Outer(Flow):  # type: ignore[type-arg]
        made = flow.subflow("made", lambda self: self.small)

    assert hints_of(Outer).registry.classes == ()
    assert repr(UNKNOWN) == "<unknown>"
