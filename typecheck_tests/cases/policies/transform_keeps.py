# A transform that keeps what it spreads.
from typing import TypedDict

from probe import assert_type
from stepkit import Flow, flow


class Input(TypedDict):
    a: int
    b: int


class Replace(Flow[Input]):
    @flow.transform("rename")
    def rename(self, a, b):
        return {"first": a, "second": b}

    @flow.transform
    def reverse(self, first, second):
        return {"first": second, "second": str(first)}


class Out(TypedDict):
    first: int
    second: str


assert_type(Replace().run_sync({"a": 1, "b": 2}), Out)
