"""The flow of three steps that the original's page resumes."""

from __future__ import annotations

from typing import NotRequired, TypedDict

from stepkit import Flow, flow


class CalcInput(TypedDict):
    a: int
    b: NotRequired[int]


class Calc(Flow[CalcInput]):
    @flow.step("add-one")
    def add_one(self, a: int):
        return {"a": a + 1}

    @flow.step("double")
    def double(self, a: int):
        return {"a": a * 2}

    @flow.step("finish")
    def finish(self, a: int, b: int = 0):
        return {"sum": a + b}
