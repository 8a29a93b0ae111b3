# The class's types in the same module, above the class and below it.
from __future__ import annotations

from typing import TypedDict

from probe import assert_type
from stepkit import Flow, flow


def above(input: Calc.Input) -> Calc.Output:
    result = Calc().run_sync(input)
    assert_type(result["b"], str)
    return result


def event_above(e: Calc.Event) -> None:
    if e.step_name == "one":
        assert_type(e.context["b"], str)


def wrong_above(output: Calc.Output) -> int:
    return output["b"]  # E: [return-value] "str"


class Input(TypedDict):
    a: int


class Calc(Flow[Input]):
    @flow.step("one")
    def one(self, a):
        return {"b": str(a)}


def below(output: Calc.Output) -> int:
    return output["b"]  # E: [return-value] "str"
