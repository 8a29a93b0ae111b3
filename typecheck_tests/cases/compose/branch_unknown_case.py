# A case that the branch does not have.
from typing import TypedDict

from stepkit import Flow, flow


class Input(TypedDict):
    n: int


class Even(Flow[Input]):
    @flow.step("even-step")
    def even_step(self, n):
        return {"kind": "even"}


class Route(Flow[Input]):
    @flow.branch("route", cases={"even": Even, "odd": Even})
    def route(self, n):
        if n % 2 == 0:
            return "evn"  # E: [stepkit-branch-case] "route" ... "evn" ... "even"
        return "odd"

    @flow.step("read")
    def read(self, kind):
        return {"done": kind}
