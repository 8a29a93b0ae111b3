# The design's first example: what run gives is the input and what the steps added.
from typing import NotRequired, TypedDict

from probe import assert_type
from stepkit import Flow, flow


class CalcInput(TypedDict):
    a: int
    b: NotRequired[int]


class Calc(Flow[CalcInput]):
    @flow.step("add-one")
    def add_one(self, a: int):
        return {"a": a + 1}

    @flow.step("double")
    async def double(self, a):
        assert_type(a, int)
        return {"a": a * 2}

    @flow.step("finish")
    def finish(self, a: int, b: int = 0):
        return {"sum": a + b}


class Out(TypedDict):
    a: int
    b: NotRequired[int]
    sum: int


async def main() -> None:
    assert_type(await Calc().run({"a": 1}), Out)
    assert_type(Calc().run_sync({"a": 1}), Out)
    Calc().run_sync({"a": "x"})  # E+: ncompatible type
