# --- calc.py
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
        return {"c": b}

# --- handlers.py
from probe import assert_type

from .calc import Calc


def show(e: Calc.Event) -> None:
    if e.step_name == "one":
        assert_type(e.context["b"], int)  # E2: [assert-type] "str"
    if e.step_name == "two":
        assert_type(e.context["c"], int)

# --- main.py
from typing import Literal

from probe import assert_type
from stepkit import StepOutput

from .calc import Calc
from .handlers import show

Calc().run_sync({"a": 1}, on_step_complete=show)


def run() -> None:
    Calc().run_sync({"a": 1}, on_step_complete=lambda e: e.context["b"] + 1)  # E2: [operator]


def after(output: StepOutput[Calc, Literal["one"]]) -> None:
    assert_type(output["b"], int)  # E2: [assert-type] "str"

# --- calc.py (2)
from typing import TypedDict

from stepkit import Flow, flow


class Input(TypedDict):
    a: int


class Calc(Flow[Input]):
    @flow.step("one")
    def one(self, a):
        return {"b": str(a)}

    @flow.step("two")
    def two(self, b):
        return {"c": len(b)}
