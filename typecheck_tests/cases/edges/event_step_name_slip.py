# A comparison with a name that no step has.
from typing import TypedDict

from probe import assert_type
from stepkit import Flow, flow


class Input(TypedDict):
    a: int


class Calc(Flow[Input]):
    @flow.step("one")
    def one(self, a):
        return {"b": str(a)}


def name_of(e: Calc.Event) -> str:
    return e.step_name


def wrong_name(e: Calc.Event) -> int:
    return e.step_name  # E+: "int"
