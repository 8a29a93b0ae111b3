# --- calc.py
from typing import TypedDict

from stepkit import Flow, flow


class Input(TypedDict):
    a: int


class Calc(Flow[Input]):
    @flow.step("one")
    def one(self, a):
        return {"sum": a}

    @flow.step("two")
    def two(self, sum):  # E2: [stepkit-missing-key] step "two" reads "sum"
        return {"done": sum}

# --- main.py
from .calc import Calc

print(Calc().run_sync({"a": 1})["sum"] + 1)  # E2: "sum"

# --- calc.py (2)
from typing import TypedDict

from stepkit import Flow, flow


class Input(TypedDict):
    a: int


class Calc(Flow[Input]):
    @flow.step("one")
    def one(self, a):
        return {"total": a}

    @flow.step("two")
    def two(self, sum):  # E: [stepkit-missing-key] step "two" reads "sum"
        return {"done": 1}
