# A spread of a known dict gives its keys; what stands after it replaces them.
from typing import NotRequired, TypedDict

from probe import assert_type
from stepkit import Flow, flow


class Base(TypedDict):
    a: int
    b: str
    c: NotRequired[float]


def base() -> Base:
    return {"a": 1, "b": "x"}


class Spread(Flow):
    @flow.step("give")
    def give(self):
        return {**base(), "b": 2, "d": True}


class Out(TypedDict):
    a: int
    b: int
    c: NotRequired[float]
    d: bool


assert_type(Spread().run_sync(), Out)
