# --- base.py
from typing import TypedDict

from stepkit import Flow, flow


class Input(TypedDict):
    a: int


class Base(Flow[Input]):
    @flow.step("one")
    def one(self, a):
        return {"b": str(a)}

# --- main.py
from typing import TypedDict

from probe import assert_type
from stepkit import flow

from .base import Base


class More(Base):
    @flow.step("two")
    def two(self, b):
        assert_type(b, str)  # E2: [assert-type] "int"
        return {"c": [b]}


class Out(TypedDict):
    a: int
    b: str
    c: list[str]


assert_type(More().run_sync({"a": 1}), Out)  # E2: [assert-type]

# --- base.py (2)
from typing import TypedDict

from stepkit import Flow, flow


class Input(TypedDict):
    a: int


class Base(Flow[Input]):
    @flow.step("one")
    def one(self, a):
        return {"b": a}
