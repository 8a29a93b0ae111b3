# The nearest correct program of missing_key.
from typing import TypedDict

from probe import assert_type
from stepkit import Flow, flow


class Input(TypedDict):
    a: int


class Right(Flow[Input]):
    @flow.step("add")
    def add(self, a: int):
        return {"sum": a + 1}

    @flow.step("finish")
    def finish(self, sum: int):
        return {"done": sum}


class Out(TypedDict):
    a: int
    sum: int
    done: int


assert_type(Right().run_sync({"a": 1}), Out)
