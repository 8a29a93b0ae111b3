# A transform inside a nested flow replaces the inner context; the parent's keys stay.
from typing import TypedDict

from probe import assert_type
from stepkit import Flow, flow


class InnerInput(TypedDict):
    a: int


class Inner(Flow[InnerInput]):
    @flow.transform("only")
    def only(self, a):
        return {"b": str(a)}


class Input(TypedDict):
    a: int
    other: bool


class Outer(Flow[Input]):
    load = flow.subflow("load", Inner)

    @flow.step("read")
    def read(self, a, other, b):
        assert_type(a, int)
        assert_type(other, bool)
        assert_type(b, str)
