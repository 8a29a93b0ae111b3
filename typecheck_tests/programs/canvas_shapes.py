"""Draws shapes: what a step gives in a display is read as lists of a base class, dicts of floats, literals."""

from __future__ import annotations

import abc
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypedDict

from stepkit import Flow, flow

Unit = Literal["px", "mm"]


class Shape(abc.ABC):
    @abc.abstractmethod
    def area(self) -> float: ...


@dataclass(frozen=True)
class Circle(Shape):
    radius: float

    def area(self) -> float:
        return math.pi * self.radius**2


@dataclass(frozen=True)
class Box(Shape):
    width: float
    height: float

    def area(self) -> float:
        return self.width * self.height


class Page(TypedDict):
    width: int
    height: int
    unit: Unit


class DrawInput(TypedDict):
    count: int


class Draw(Flow[DrawInput]):
    @flow.step("shapes")
    def shapes(self, count):
        return {"shapes": [Circle(1.0)] * count, "background": Box(10, 10)}

    @flow.step("page")
    def page(self):
        return {"page": {"width": 100, "height": 50, "unit": "mm"}, "unit": "mm", "margin": 2}

    @flow.step("weights")
    def weights(self):
        return {"weights": {"circle": 1, "box": 2}, "points": [(0, 0), (1, 2)], "title": None}

    @flow.step("area")
    def area(self, shapes: list[Shape], background: Shape, weights: dict[str, float]):
        total = sum(shape.area() * weights[type(shape).__name__.lower()] for shape in shapes)
        return {"area": total, "free": background.area() - total}

    @flow.step("fit")
    def fit(self, page: Page, unit: Unit, margin: float, points: Sequence[tuple[float, float]]):
        width = page["width"] - 2 * margin
        return {"fits": width > 0 and unit == page["unit"], "path": list(points)}

    @flow.step("show")
    def show(self, weights: Mapping[str, float], title: str | None, free: float, margin: int | float):
        return {"text": f"{title or 'untitled'}: {free:.0f} free, {max(weights.values()):.1f}, {margin}"}


class DrawBoxes(Draw):
    @flow.step("shapes")
    def shapes(self, count):
        boxes = [Box(1, 1) for _ in range(count)]
        return {"shapes": [*boxes], "background": Circle(4.0)}


def draw(flows: Sequence[Draw], count: int) -> list[str]:
    return [each.run_sync({"count": count})["text"] for each in flows]


if __name__ == "__main__":
    assert draw([Draw(), DrawBoxes()], 2) == ["untitled: 94 free, 2.0, 2", "untitled: 46 free, 2.0, 2"], draw([Draw(), DrawBoxes()], 2)
    result = Draw().run_sync({"count": 1})
    shapes: list[Shape] = result["shapes"]
    assert result["fits"] and len(shapes) == 1
