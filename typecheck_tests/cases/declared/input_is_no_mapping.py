# What stands in Flow[...] is a mapping of keys; anything else is refused when the class is created.
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Generic, NamedTuple, Protocol, TypedDict, TypeVar

from stepkit import Flow, flow

T = TypeVar("T")


class Typed(TypedDict):
    a: int


@dataclass
class Order:
    id: int


class Point(NamedTuple):
    x: int


class HasKeys(Protocol):
    def keys(self) -> Any: ...


class OfDataclass(Flow[Order]):  # E: [stepkit-definition] Flow[Order]: a flow's input is a mapping of keys. Write a TypedDict with its fields ... class Input(TypedDict): order: Order
    @flow.step
    def one(self, id):
        return {"b": id}


class OfTuple(Flow[Point]):  # E: [stepkit-definition] Flow[Point]
    @flow.step
    def one(self, x):
        return {"b": x}


class OfInt(Flow[int]):  # E: [stepkit-definition] Flow[int] ... value: int
    @flow.step
    def one(self, x):
        return {"b": x}


class OfList(Flow[list[int]]):  # E: [stepkit-definition] Flow[list[int]]
    @flow.step
    def one(self, x):
        return {"b": x}


class OfUnion(Flow[Order | int]):  # E: [stepkit-definition] a flow's input is a mapping of keys
    @flow.step
    def one(self, x):
        return {"b": x}


class Base(Flow[T]):
    @flow.step
    def one(self, anything):
        return {"b": anything}


class OfBase(Base[Order]):  # E: [stepkit-definition] Flow[Order]
    @flow.step
    def two(self, b):
        return {"c": b}


class Below(OfBase):
    @flow.step
    def three(self, c):
        return {"d": c}


class Other(Flow[Typed], Generic[T]):
    @flow.step
    def one(self, a):
        return {"b": a}


class NotItsInput(Other[Order]):
    @flow.step
    def two(self, b):
        return {"c": b}


class OfDict(Flow[dict[str, Any]]): ...


class OfMapping(Flow[Mapping[str, int]]): ...


class OfAny(Flow[Any]): ...


class OfObject(Flow[object]): ...


class OfProtocol(Flow[HasKeys]): ...


class OfTypedDict(Flow[Typed]): ...


class OfMaybe(Flow[Typed | None]): ...
