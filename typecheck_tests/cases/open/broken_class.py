# A class with other errors: they are reported, and nothing breaks.
from typing import TypedDict

from stepkit import Flow, flow


class Input(TypedDict):
    a: int


class Broken(Flow[Input]):
    @flow.step("one")
    def one(self, a: Unknown):  # E+: "Unknown"
        return {"b": 1}

    @flow.step("two")
    def two(self, b) -> Missing:  # E+: "Missing"
        return {"c": 1}

    @flow.step("three")
    def three(self, b):
        return {"d": b}
