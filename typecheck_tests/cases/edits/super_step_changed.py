# --- base.py
from typing import TypedDict

from stepkit import Flow, flow


class Input(TypedDict):
    a: int


class Base(Flow[Input]):
    @flow.step("one")
    def one(self, a):
        return {"b": a}

    @flow.step("two")
    def two(self, a):
        return {"c": a}

# --- main.py
from stepkit import flow

from .base import Base


class Main(Base):
    @flow.step("one")
    def one(self, a):
        given = super().one(a)
        return {"b": given["b"].bit_length()}  # E2: "str" has no attribute "bit_length"

    @flow.step("two")
    def two(self, a):
        given = Base.two(self, a)
        return {"c": given["c"].bit_length()}  # E2: "str" has no attribute "bit_length"

# --- base.py (2)
from typing import TypedDict

from stepkit import Flow, flow


class Input(TypedDict):
    a: int


class Base(Flow[Input]):
    @flow.step("one")
    def one(self, a):
        return {"b": str(a)}

    @flow.step("two")
    def two(self, a):
        return {"c": str(a)}
