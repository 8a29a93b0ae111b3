# Three levels.
from typing import TypedDict

from probe import assert_type
from stepkit import Flow, StepNames, flow


class Input(TypedDict):
    a: int


class One(Flow[Input]):
    @flow.step("one")
    def one(self, a):
        return {"b": str(a)}


class Two(Flow[Input]):
    inner = flow.subflow("inner", One)

    @flow.step("two")
    def two(self, b):
        return {"c": [b]}


class Three(Flow[Input]):
    middle = flow.subflow("middle", Two)

    @flow.step("three")
    def three(self, b, c):
        assert_type(b, str)
        assert_type(c, list[str])
        return {"d": 1}


def show(e: Three.Event) -> None:
    if e.step_name == "middle/inner/one":
        assert_type(e.context["b"], str)
        e.context["c"]  # E: "c"
    if e.step_name == "middle/inner":
        assert_type(e.context["b"], str)
    if e.step_name == "middle":
        assert_type(e.context["c"], list[str])
        e.context["d"]  # E: "d"
    if e.step_name == "three":
        assert_type(e.context["d"], int)
