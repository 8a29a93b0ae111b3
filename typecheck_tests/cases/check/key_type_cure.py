# Where readers differ, or the value has its type from elsewhere, the error says what can be done.
from typing import Literal, TypedDict

from stepkit import Flow, flow


class Shape:
    area = 1.0


class Circle(Shape):
    radius = 1.0


class Input(TypedDict):
    circles: list[Circle]


class Differ(Flow[Input]):
    @flow.step("make")
    def make(self, circles):
        return {"shapes": [Circle()], "prices": {"a": 1}, "kept": circles, "kind": "round"}

    @flow.step("read")
    def read(
        self,
        shapes: list[Shape],  # E(shapes): [stepkit-key-type] "shapes" as "list[Shape]", but step "make" gives it as "list[Circle]"; step "again" reads it as "list[Circle]": ask for one type in both
        prices: dict[str, float],  # E: [stepkit-key-type] step "again" reads it as "dict[str, int]"
        kept: list[Shape],  # E: [stepkit-key-type] "kept" as "list[Shape]", but step "make" gives it as "list[Circle]"
        kind: Literal["square"],  # E: [stepkit-key-type] "kind" as "Literal['square']", but step "make" gives it as "str"
    ):
        return None

    @flow.step("again")
    def again(self, shapes: list[Circle], prices: dict[str, int]):
        return None


class Common(Flow[Input]):
    @flow.step("make")
    def make(self):
        return {"shapes": [Circle()], "others": [Circle()]}

    @flow.step("read")
    def read(self, others: list[Circle], shapes):
        return {"area": shapes[0].radius}


class Special(Common):
    @flow.step("more")
    def more(self, shapes: list[Shape]):  # E(shapes): [stepkit-key-type] "list[Shape]", but step "make" gives it as "list[Circle]"
        return None


class Written(Flow[Input]):
    @flow.step("make")
    def make(self):
        shapes: list[Shape] = [Circle()]
        return {"shapes": shapes}

    @flow.step("read")
    def read(self, shapes: list[Shape]):
        return None
