# merge="skip" keeps the old value where there is one.
from typing import NotRequired, TypedDict

from probe import assert_type
from stepkit import Flow, flow


class Input(TypedDict):
    a: int
    b: NotRequired[int]


class Skip(Flow[Input]):
    @flow.step("keep", merge="skip")
    def keep(self):
        return {"a": "x", "b": "x", "c": "x"}

    @flow.step("read")
    def read(self, a, b, c):
        assert_type(a, int)
        assert_type(b, int | str)
        assert_type(c, str)


class Out(TypedDict):
    a: int
    b: int | str
    c: str


assert_type(Skip().run_sync({"a": 1}), Out)
