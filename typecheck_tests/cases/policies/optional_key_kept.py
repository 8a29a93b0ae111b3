# A key that was there is certain still, whoever may write it.
from typing import TypedDict

from probe import assert_type
from stepkit import Flow, flow


class Input(TypedDict):
    a: int


class Keep(Flow[Input]):
    @flow.step("one", when=lambda a: a > 1)
    def one(self, a):
        return {"a": a + 1}

    @flow.step("two", on_error="continue")
    def two(self, a):
        if a > 2:
            return {"a": a + 1}

    @flow.step("three")
    def three(self, a: int):
        return {"b": a}


class Out(TypedDict):
    a: int
    b: int


assert_type(Keep().run_sync({"a": 1}), Out)
