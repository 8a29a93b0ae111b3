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
from typing import Literal

from probe import assert_type
from stepkit import StepNames

from .calc import Calc


def names(name: StepNames[Calc], e: Calc.Event) -> None:
    assert_type(name, Literal["one"])  # E2: [assert-type] 'two'
    assert_type(e.step_name, Literal["one"])  # E2: [assert-type] 'two'


Calc().run_checkpoint_sync("", override_data={"c": "x"})  # E1: [stepkit-override] "c"
assert_type(Calc().run_sync({"a": 1})["b"], int)  # E2: [assert-type] "str"

# --- calc.py (2)
from typing import TypedDict

from stepkit import Flow, flow


class Input(TypedDict):
    a: int


class Calc(Flow[Input]):
    @flow.step("one")
    def one(self, a):
        return {"b": a}

    @flow.step("two")
    def two(self, b):
        return {"b": str(b), "c": "x"}
