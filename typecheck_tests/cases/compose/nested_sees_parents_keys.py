# Inside a nested flow the parent's keys are there, too: one that the flow may read with another type is a mistake.
from typing import TypedDict

from stepkit import Flow, flow


class InnerInput(TypedDict):
    a: int


class Inner(Flow[InnerInput]):
    @flow.step("maybe", when=lambda a: a > 1)
    def maybe(self):
        return {"x": 1}

    @flow.step("read")
    def read(self, x=0):
        return {"y": x + 1}


class Other(TypedDict):
    a: int
    x: str


class Same(TypedDict):
    a: int
    x: int


class Outer(Flow[Other]):
    inner = flow.subflow("inner", Inner)  # E: [stepkit-nested-input] "x"


class Fine(Flow[Same]):
    inner = flow.subflow("inner", Inner)
