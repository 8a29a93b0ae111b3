# Of a conditional expression each side may come: shared keys are certain, others may be missing.
from typing import NotRequired, TypedDict

from probe import assert_type
from stepkit import Flow, flow


class Input(TypedDict):
    big: bool


class Either(Flow[Input]):
    @flow.step("choose")
    def choose(self, big):
        return {"a": 1, "b": 2} if big else {"a": "x", "c": 3}


class Out(TypedDict):
    big: bool
    a: int | str
    b: NotRequired[int]
    c: NotRequired[int]


assert_type(Either().run_sync({"big": True}), Out)
