# A key that two steps may give; given for certain in between, it is certain.
from typing import NotRequired, TypedDict

from probe import assert_type
from stepkit import Flow, flow


class Input(TypedDict):
    a: int


class Maybe(Flow[Input]):
    @flow.step("one", when=lambda a: a > 1)
    def one(self):
        return {"x": 1}

    @flow.step("two", when=lambda a: a < 1)
    def two(self):
        return {"x": "x"}

    @flow.step("read")
    def read(self, x):  # E: [stepkit-maybe-missing] "x" ... "two"
        assert_type(x, int | str)

    @flow.step("certain")
    def certain(self):
        return {"x": 1.5}

    @flow.step("read-again")
    def read_again(self, x):
        assert_type(x, float)
