# The input is checked: missing keys, extra keys, wrong types.
from typing import NotRequired, TypedDict

from stepkit import Flow, flow


class Input(TypedDict):
    a: int
    b: NotRequired[str]


class Calc(Flow[Input]):
    @flow.step("one")
    def one(self, a):
        return {"c": a}


Calc().run_sync({"a": 1})
Calc().run_sync({"a": 1, "b": "x"})
Calc().run_sync({"a": 1, "b": 2})  # E+: ncompatible type
Calc().run_sync({"b": "x"})  # E+: Input
Calc().run_sync(5)  # E+: ncompatible type
