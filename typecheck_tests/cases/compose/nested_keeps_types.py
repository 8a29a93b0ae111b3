# Keys that a nested flow does not write keep the parent's type; keys that it writes take its type.
from collections.abc import Sequence
from typing import TypedDict

from probe import assert_type
from stepkit import Flow, flow


class InnerInput(TypedDict):
    rows: Sequence[int]
    n: float


class Inner(Flow[InnerInput]):
    @flow.step("half")
    def half(self, rows, n):
        return {"n": n / 2, "count": len(rows)}


class Input(TypedDict):
    rows: list[int]
    n: int


class Outer(Flow[Input]):
    load = flow.subflow("load", Inner)

    @flow.step("read")
    def read(self, rows, n, count):
        assert_type(rows, list[int])
        assert_type(n, float)
        assert_type(count, int)


class Out(TypedDict):
    rows: list[int]
    n: float
    count: int


assert_type(Outer().run_sync({"rows": [], "n": 1}), Out)
