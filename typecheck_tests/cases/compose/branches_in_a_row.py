# Branches in a row: each adds its keys.
from typing import TypedDict

from probe import assert_type
from stepkit import Flow, flow


class Input(TypedDict):
    n: int


class Left(Flow[Input]):
    @flow.step("one")
    def one(self, n):
        return {"x": n, "left": 1}


class Right(Flow[Input]):
    @flow.step("one")
    def one(self, n):
        return {"x": str(n), "right": 1}


class Chain(Flow[Input]):
    @flow.branch("a", cases={"left": Left, "right": Right})
    def a(self, n):
        return "left" if n > 1 else "right"

    @flow.branch("b", cases={"left": Left, "right": Right})
    def b(self, n):
        return "left" if n > 2 else "right"

    @flow.branch("c", cases={"left": Left, "right": Right})
    def c(self, n):
        return "left" if n > 3 else "right"

    @flow.step("read")
    def read(self, x, left=0):
        assert_type(x, int | str)
        assert_type(left, int)

    @flow.step("wrong")
    def wrong(self, right):  # E: [stepkit-maybe-missing] step "wrong" reads "right"
        return None
