# --- calc.py
from typing import TypedDict

from stepkit import Flow, flow


class Input(TypedDict):
    a: int


class Calc(Flow[Input]):
    @flow.step("one")
    def one(self, a):
        return {"b": str(a)}

    @flow.step("two")
    async def two(self, b):
        return {"c": [b]}

# --- main.py
from typing import Literal, TypedDict

from probe import assert_type
from stepkit import StepInput, StepNames

from . import calc
from .calc import Calc, Input


class Out(TypedDict):
    a: int
    b: str
    c: list[str]


assert_type(Calc().run_sync({"a": 1}), Out)
assert_type(calc.Calc().run_sync({"a": 1}), Out)


def show(e: Calc.Event, output: calc.Calc.Output, name: StepNames[Calc]) -> None:
    assert_type(output, Out)
    assert_type(name, Literal["one", "two"])
    if e.step_name == "two":
        assert_type(e.context["c"], list[str])


def before(context: StepInput[Calc, Literal["one"]]) -> Input:
    return context


Calc().run_sync({"a": 1}, on_step_complete=show)  # E+: ncompatible type
Calc().run_checkpoint_sync("", override_data={"zum": 1})  # E: [stepkit-override] "zum"
