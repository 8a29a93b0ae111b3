# A branch reads keys like a step: the same mistakes are found.
from typing import TypedDict

from stepkit import Flow, flow


class Input(TypedDict):
    n: int


class Even(Flow[Input]):
    @flow.step("even-step")
    def even_step(self, n):
        return {"kind": "even"}


class Route(Flow[Input]):
    @flow.branch("one", cases={"even": Even})
    def one(self, m):  # E: [stepkit-missing-key] "one" reads "m"
        return "even"

    @flow.branch("two", cases={"even": Even})
    def two(self, n: str):  # E: [stepkit-key-type] "two" ... "n"
        return "even"

    @flow.branch("three", cases={"even": Even})
    def three(self, n):
        n.upper()  # E: [attr-defined]
        return "even"
