# merge="warn" and "override" replace.
from typing import TypedDict

from probe import assert_type
from stepkit import Flow, flow


class Input(TypedDict):
    a: int
    b: int


class Warn(Flow[Input]):
    @flow.step("warn", merge="warn")
    def warn(self):
        return {"a": "x"}

    @flow.step("override", merge="override")
    def override(self):
        return {"b": "x"}


class Out(TypedDict):
    a: str
    b: str


assert_type(Warn().run_sync({"a": 1, "b": 1}), Out)
