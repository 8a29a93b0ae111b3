# An event is narrowed by its step's name: its context is the one after that very step.
from typing import TypedDict

from probe import assert_type
from stepkit import Flow, flow


class Input(TypedDict):
    a: int


class Calc(Flow[Input]):
    @flow.step("one")
    def one(self, a):
        return {"b": str(a)}

    @flow.step("two")
    def two(self, b):
        return {"b": [b], "c": 1}


class AfterOne(TypedDict):
    a: int
    b: str


class AfterTwo(TypedDict):
    a: int
    b: list[str]
    c: int


def show(e: Calc.Event) -> None:
    assert_type(e.duration_ms, float)
    assert_type(e.checkpoint, str)
    assert_type(e.context["a"], int)
    if e.step_name == "one":
        assert_type(e.context, AfterOne)
        assert_type(e.context["b"], str)
        e.context["c"]  # E: "c"
    else:
        assert_type(e.context["b"], list[str])
        assert_type(e.context["c"], int)
    if e.step_name == "two":
        assert_type(e.context, AfterTwo)
