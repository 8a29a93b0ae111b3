# --- calc.py
from __future__ import annotations

from typing import TypedDict

from probe import assert_type
from stepkit import Flow, flow


def above(output: Calc.Output, event: Calc.Event) -> str:
    if event.step_name == "one":
        assert_type(event.context["b"], str)
    return output["b"]


def wrong() -> object:
    return nope  # E+: [name-defined] "nope"


class Input(TypedDict):
    a: int


class Calc(Flow[Input]):
    @flow.step("one")
    def one(self, a):
        return {"b": str(a)}

# --- calc.py (2)
from __future__ import annotations

from typing import TypedDict

from probe import assert_type
from stepkit import Flow, flow


def above(output: Calc.Output, event: Calc.Event) -> str:
    if event.step_name == "one":
        assert_type(event.context["b"], str)  # E: [assert-type] "int"
    return output["b"]  # E: [return-value] "int"


def wrong() -> object:
    return nope  # E+: [name-defined] "nope"


class Input(TypedDict):
    a: int


class Calc(Flow[Input]):
    @flow.step("one")
    def one(self, a):
        return {"b": a}
