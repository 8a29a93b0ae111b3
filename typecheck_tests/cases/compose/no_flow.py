# What is nested must be a flow.
from typing import TypedDict

from stepkit import Flow, flow


class Input(TypedDict):
    a: int


class Plain:
    pass


class Fine(Flow[Input]):
    @flow.step("one")
    def one(self, a):
        return {"b": a}


class Outer(Flow[Input]):
    fine = flow.subflow("fine", Fine)

    @flow.step("two")
    def two(self, b):
        return {"c": b}
