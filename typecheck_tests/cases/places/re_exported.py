# --- inner.py
from typing import TypedDict

from stepkit import Flow, flow


class Input(TypedDict):
    a: int


class Calc(Flow[Input]):
    @flow.step("one")
    def one(self, a):
        return {"b": str(a)}

# --- package.py
from .inner import Calc as Calc
from .inner import Calc as Renamed

__all__ = ["Calc", "Renamed"]

# --- main.py
from probe import assert_type

from .package import Calc, Renamed

assert_type(Calc().run_sync({"a": 1})["b"], str)
assert_type(Renamed().run_sync({"a": 1})["b"], str)
