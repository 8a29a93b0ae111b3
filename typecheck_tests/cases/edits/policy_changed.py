# --- calc.py
from typing import TypedDict

from stepkit import Flow, flow


class Input(TypedDict):
    a: int


class Calc(Flow[Input]):
    @flow.step("one")
    def one(self, a):
        return {"b": a}

# --- main.py
from typing import TypedDict

from probe import assert_type

from .calc import Calc


class Out(TypedDict):
    a: int
    b: int


assert_type(Calc().run_sync({"a": 1}), Out)  # E2: [assert-type]

# --- calc.py (2)
from typing import TypedDict

from stepkit import Flow, flow


class Input(TypedDict):
    a: int


class Calc(Flow[Input]):
    @flow.step("one", on_error="continue")
    def one(self, a):
        return {"b": a}
