# --- deep.py
def value() -> int:
    return 1

# --- helper.py
from typing import TypedDict

from . import deep


class Row(TypedDict):
    number: int


def make() -> list[int]:
    return [1]


deep_value = deep.value()

# --- calc.py
from stepkit import Flow, flow

from . import helper


class Calc(Flow):
    @flow.step("one")
    def one(self):
        return {"b": helper.deep_value}

    @flow.step("two")
    def two(self, b):
        return {"c": [b]}

# --- main.py
from probe import assert_type

from .calc import Calc

assert_type(Calc().run_sync()["c"], list[int])  # E2: [assert-type] "list[str]"

# --- deep.py (2)
def value() -> str:
    return ""
