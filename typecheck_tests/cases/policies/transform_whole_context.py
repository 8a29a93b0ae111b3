# A transform that spreads the whole context and adds to it.
from typing import TypedDict

from probe import assert_type
from stepkit import Flow, flow


class Input(TypedDict):
    a: int


class Replace(Flow[Input]):
    @flow.transform("add")
    def add(self, ctx, /):
        return {**ctx, "b": "x"}


class Out(TypedDict):
    a: int
    b: str


assert_type(Replace().run_sync({"a": 1}), Out)
