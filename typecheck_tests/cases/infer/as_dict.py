# Dicts of instances of known classes: their fields are the keys.
from dataclasses import InitVar, asdict, dataclass, field
from datetime import date
from enum import Enum
from typing import Any, ClassVar, Generic, NamedTuple, NotRequired, TypedDict, TypeVar

import attrs
import msgspec
from pydantic import BaseModel, computed_field

from probe import assert_type
from stepkit import Flow, flow

T = TypeVar("T")


class Colour(Enum):
    RED = 1


@dataclass
class Point:
    x: int
    y: int


@dataclass
class Base:
    name: str
    limit: ClassVar[int] = 3


@dataclass
class Shape(Base, Generic[T]):
    seed: InitVar[int]
    at: Point
    path: list[Point]
    colour: Colour
    value: T
    day: date | None = None
    ends: tuple[Point, int] = field(default_factory=lambda: (Point(1, 2), 3))


@attrs.define
class Attrs:
    x: int
    points: list[Point]


class Struct(msgspec.Struct):
    x: int
    at: Point


class Pair(NamedTuple):
    left: int
    right: Point


class Model(BaseModel):
    x: int
    inner: "Model | None" = None
    days: list[date] = []


class Computed(BaseModel):
    x: int

    @computed_field  # type: ignore[prop-decorator, unused-ignore]
    @property
    def double(self) -> int:
        return 2 * self.x


class Input(TypedDict):
    shape: Shape[float]
    point: Point
    pair: Pair
    model: Model
    computed: Computed
    struct: Struct
    made: Attrs


def start() -> Input:
    raise NotImplementedError


class OfDataclass(Flow[Input]):
    @flow.transform("shape")
    def of_shape(self, shape):
        return asdict(shape)


class ShapeOut(TypedDict):
    name: str
    at: dict[str, Any]
    path: list[dict[str, Any]]
    colour: Colour
    value: float
    day: date | None
    ends: tuple[dict[str, Any], int]


assert_type(OfDataclass().run_sync(start()), ShapeOut)


class Spread(Flow[Input]):
    @flow.transform("spread")
    def spread(self, point, shape):
        return {**asdict(point), "y": "text", "shape": shape.name}


class SpreadOut(TypedDict):
    x: int
    y: str
    shape: str


assert_type(Spread().run_sync(start()), SpreadOut)


class InVariable(Flow[Input]):
    @flow.transform("variable")
    def variable(self, point, pair):
        out = asdict(point)
        out["z"] = 1.5
        out |= pair._asdict()
        del out["right"]
        return out


class InVariableOut(TypedDict):
    x: int
    y: int
    z: float
    left: int


assert_type(InVariable().run_sync(start()), InVariableOut)


class OfOthers(Flow[Input]):
    @flow.transform("others")
    def others(self, pair, struct, made, model):
        if pair.left:
            return {**pair._asdict(), **msgspec.structs.asdict(struct), "model": model.model_dump()}
        return {"left": 1, "right": Point(1, 2), "at": Point(1, 2), **attrs.asdict(made), "model": {"a": 1}}


class OthersOut(TypedDict):
    left: int
    right: Point
    x: int
    at: Point
    points: NotRequired[list[dict[str, Any]]]
    model: dict[str, Any] | dict[str, int]


assert_type(OfOthers().run_sync(start()), OthersOut)


class OfModel(Flow[Input]):
    @flow.step("model")
    def of_model(self, model):
        return model.model_dump()

    @flow.step("read")
    def read(self, x: int, inner: dict[str, Any] | None, days: list[date], zum):  # E: [stepkit-missing-key] "zum"
        return None

    @flow.step("wrong")
    def wrong(self, x: str):  # E: [stepkit-key-type] step "wrong" reads "x" as "str"
        return None


class AsJson(Flow[Input]):
    @flow.step("model")
    def of_model(self, model):
        return model.model_dump(mode="json")

    @flow.step("read")
    def read(self, x: int, days: list[str], zum):  # E: [stepkit-missing-key] "zum"
        return None


class LeftOut(Flow[Input]):
    @flow.step("model")
    def of_model(self, model):
        return model.model_dump(exclude_none=True)

    @flow.step("read")
    def read(self, x: int):  # E: [stepkit-maybe-missing] step "read" reads "x"
        return None


class OtherKeys(Flow[Input]):
    @flow.step("model")
    def of_model(self, model):
        return model.model_dump(exclude={"x"})  # N: step "model"

    @flow.step("read")
    def read(self, x: int, zum):
        return None


class OfComputed(Flow[Input]):
    @flow.step("computed")
    def of_computed(self, computed):
        return computed.model_dump()  # N: the dump of a model whose settings, properties or serializers

    @flow.step("read")
    def read(self, x: int, double: int):
        return None


class Factory(Flow[Input]):
    @flow.step("factory")
    def factory(self, point):
        return asdict(point, dict_factory=dict)  # N: step "factory"

    @flow.step("read")
    def read(self, x: int, double: int):
        return None
