# What checkpoints can save is not blamed.
import datetime
import decimal
import enum
import uuid
from dataclasses import dataclass
from typing import Any, NamedTuple, TypedDict

from stepkit import Flow, flow


class Color(enum.Enum):
    RED = 1


class Point(NamedTuple):
    x: int
    y: int


@dataclass
class Order:
    id: int
    lines: list[str]


class Row(TypedDict):
    name: str


class Input(TypedDict):
    order: Order
    raw: Any


class Saves(Flow[Input]):
    @flow.step("values")
    def values(self, order):
        return {
            "when": datetime.datetime.now(),
            "price": decimal.Decimal("1.5"),
            "id": uuid.uuid4(),
            "data": b"x",
            "pair": (1, "x"),
            "names": {"a"},
            "by_number": {1: "x"},
            "row": Row(name="x"),
            "rows": [order],
            "nothing": None,
        }

    @flow.step("classes")
    def classes(self, color: Color = Color.RED, point: Point = Point(1, 2)):  # E: [stepkit-useless-default] # E: [stepkit-useless-default]
        return {"color": color, "point": point}


Saves().run_sync({"order": Order(1, []), "raw": 1}, on_step_complete=lambda e: print(e.checkpoint))
