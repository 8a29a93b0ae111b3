# A condition's result is a bool or an awaitable of one.
from typing import TypedDict

from stepkit import Flow, flow


def count(a: int) -> str:
    return str(a)


class Input(TypedDict):
    a: int


class When(Flow[Input]):
    @flow.step("one", when=count)  # E+: ncompatible type
    def one(self):
        return {"c": 1}
