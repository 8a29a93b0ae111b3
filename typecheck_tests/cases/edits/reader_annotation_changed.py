# The type that a reader asks for changes, in its own module or elsewhere: the value that it reads is judged anew.
# --- types.py
from typing import TypedDict


class Shape:
    area = 1.0


class Circle(Shape):
    radius = 1.0


Shapes = list[Shape]


class Drawing(TypedDict):
    drawn: list[Shape]

# --- draw.py
from stepkit import Flow, flow

from .types import Drawing


class Draw(Flow[Drawing]):
    @flow.step("draw")
    def draw(self, drawn):
        return {"area": drawn[0].area}

# --- calc.py
from stepkit import Flow, flow

from .draw import Draw
from .types import Circle, Shape, Shapes


class Calc(Flow):
    @flow.step("make")
    def make(self):
        return {"shapes": [Circle()], "aliased": [Circle()], "drawn": [Circle()]}

    @flow.step("read")
    def read(self, shapes: list[Shape]):
        return None

    @flow.step("read-aliased")
    def read_aliased(self, aliased: Shapes):
        return None

    draw = flow.subflow("draw", Draw)

# --- main.py
from probe import assert_type

from .calc import Calc
from .types import Circle, Shape

out = Calc().run_sync()
assert_type(out["shapes"], list[Shape])  # E3: [assert-type] "list[Circle]"
assert_type(out["aliased"], list[Shape])  # E23: [assert-type] "list[Circle]"
assert_type(out["drawn"], list[Shape])  # E23: [assert-type] "list[Circle]"

# --- types.py (2)
from typing import TypedDict


class Shape:
    area = 1.0


class Circle(Shape):
    radius = 1.0


Shapes = list[Circle]


class Drawing(TypedDict):
    drawn: list[Circle]

# --- calc.py (3)
from stepkit import Flow, flow

from .draw import Draw
from .types import Circle, Shape, Shapes


class Calc(Flow):
    @flow.step("make")
    def make(self):
        return {"shapes": [Circle()], "aliased": [Circle()], "drawn": [Circle()]}

    @flow.step("read")
    def read(self, shapes: list[Circle]):
        return None

    @flow.step("read-aliased")
    def read_aliased(self, aliased: Shapes):
        return None

    draw = flow.subflow("draw", Draw)
