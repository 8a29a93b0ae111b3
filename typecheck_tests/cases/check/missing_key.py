# A step reads a key that nothing before it gives: the nearest name is offered.
from typing import TypedDict

from stepkit import Flow, flow


class Input(TypedDict):
    a: int


class Slip(Flow[Input]):
    @flow.step("add")
    def add(self, a: int):
        return {"sum": a + 1}

    @flow.step("finish")
    def finish(self, zum: int):  # E(zum): [stepkit-missing-key] step "finish" reads "zum", which no earlier step provides; did you mean "sum"?
        return {"done": zum}
