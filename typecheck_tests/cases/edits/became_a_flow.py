# --- calc.py
from typing import TypedDict


class Input(TypedDict):
    a: int


class Calc:
    def run_sync(self, data: Input) -> dict[str, str]:
        return {"b": "x"}

# --- main.py
from probe import assert_type

from .calc import Calc

assert_type(Calc().run_sync({"a": 1})["b"], str)  # E2: [assert-type] "int"

# --- calc.py (2)
from typing import TypedDict

from stepkit import Flow, flow


class Input(TypedDict):
    a: int


class Calc(Flow[Input]):
    @flow.step("one")
    def one(self, a):
        return {"b": a}
