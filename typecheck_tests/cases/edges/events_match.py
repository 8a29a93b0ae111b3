# match on the step's name narrows too.
from typing import TypedDict

from probe import assert_type
from stepkit import Flow, flow


class Input(TypedDict):
    a: int


class Calc(Flow[Input]):
    @flow.step("one")
    def one(self, a):
        return {"b": str(a)}

    @flow.transform("two")
    def two(self, b):
        return {"c": [b]}


def show(e: Calc.Event) -> str:
    match e.step_name:
        case "one":
            assert_type(e.context["b"], str)
            return e.context["b"]
        case "two":
            assert_type(e.context["c"], list[str])
            return e.context["c"][0]
    return ""
