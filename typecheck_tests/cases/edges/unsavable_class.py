# A class with fields that the flow names nowhere: a checkpoint could not restore it.
import enum
from dataclasses import dataclass, field
from typing import NamedTuple, TypedDict

from stepkit import Flow, flow


class Color(enum.Enum):
    RED = 1


class Point(NamedTuple):
    x: int
    y: int


@dataclass
class Line:
    price: int


@dataclass
class Order:
    id: int
    lines: list[Line] = field(default_factory=list)


@dataclass
class SpecialOrder(Order):
    special: bool = True


class Input(TypedDict):
    a: int


def save(checkpoint: str) -> None:
    print(checkpoint)


class Unnamed(Flow[Input]):
    @flow.step("one")
    def one(self, a):
        return {"order": Order(a)}

    @flow.step("two")
    def two(self, order):
        return {"id": order.id}


Unnamed().run_sync({"a": 1}, on_step_complete=lambda e: save(e.checkpoint))  # E: [stepkit-unsavable] "order" (step "one" gives it) ... Order
Unnamed().run_sync({"a": 1})


class Inside(Flow[Input]):
    @flow.step("lists")
    def lists(self, a):
        return {"by_name": {"x": [Order(a)]}}

    @flow.step("others")
    def others(self):
        return {"color": Color.RED, "point": Point(1, 2)}


def first(event: Inside.Event) -> None:
    if event.step_name == "lists":
        save(event.checkpoint)  # E: [stepkit-unsavable] "by_name" ... Order


def second(event: Inside.Event) -> None:
    if event.step_name == "others":
        save(event.checkpoint)  # E: [stepkit-unsavable] "by_name" # E: [stepkit-unsavable] "color" ... Color # E: [stepkit-unsavable] "point" ... Point


class ByParameter(Flow[Input]):
    @flow.step("one")
    def one(self, a):
        return {"order": Order(a), "first": Line(1)}

    @flow.step("two")
    def two(self, order: Order):
        return {"id": order.id}


ByParameter().run_sync({"a": 1}, on_step_complete=lambda e: save(e.checkpoint))


class Out(TypedDict):
    orders: list[Order]
    color: Color


class ByReturn(Flow[Input]):
    @flow.step("one")
    def one(self, a) -> Out | None:
        return {"orders": [Order(a)], "color": Color.RED}

    @flow.step("two")
    def two(self):
        return {"order": Order(1)}


ByReturn().run_sync({"a": 1}, on_step_complete=lambda e: save(e.checkpoint))


class ByInner(Flow[Input]):
    @flow.step("one")
    def one(self, a):
        return {"order": Order(1)}

    inner = flow.subflow("inner", ByReturn)


ByInner().run_sync({"a": 1}, on_step_complete=lambda e: save(e.checkpoint))


class ByBase(Flow[Input]):
    """What is derived from the class may be all that there ever is."""

    @flow.step("one")
    def one(self, a):
        return {"order": make()}

    @flow.step("two")
    def two(self, order: Order, special: SpecialOrder | None = None):  # E: [stepkit-useless-default] "special"
        return None


def make() -> Order:
    return SpecialOrder(1)


ByBase().run_sync({"a": 1}, on_step_complete=lambda e: save(e.checkpoint))


class Codecs(Flow[Input], codecs=[Order]):
    @flow.step("one")
    def one(self, a):
        return {"order": Order(a)}


Codecs().run_sync({"a": 1}, on_step_complete=lambda e: save(e.checkpoint))


class Whole(TypedDict):
    a: int
    order: Order


class ByWhole(Flow[Input]):
    @flow.step("one")
    def one(self, a):
        return {"order": Order(a)}

    @flow.step("two")
    def two(self, ctx: Whole, /):
        return {"id": ctx["order"].id}


ByWhole().run_sync({"a": 1}, on_step_complete=lambda e: save(e.checkpoint))
