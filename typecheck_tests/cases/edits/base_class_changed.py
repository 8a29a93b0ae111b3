# --- base.py
from typing import TypedDict

from stepkit import Flow, flow


class Input(TypedDict):
    a: int


class Base(Flow[Input]):
    @flow.step("one")
    def one(self, a):
        return {"b": a}

# --- middle.py
from .base import Base


class Middle(Base):
    pass

# --- main.py
from probe import assert_type
from stepkit import flow

from .middle import Middle


class Main(Middle):
    @flow.step("two")
    def two(self, b):  # E2: [stepkit-missing-key] step "two" reads "b"
        return {"c": b}


assert_type(Main().run_sync({"a": 1})["c"], int)  # E2: [assert-type] "Any"

# --- base.py (2)
from typing import TypedDict

from stepkit import Flow, flow


class Input(TypedDict):
    a: int


class Base(Flow[Input]):
    @flow.step("one")
    def one(self, a):
        return {"other": a}
