# A step under when and skip-remaining: for the later steps its keys may be missing because of when.
from typing import NotRequired, TypedDict

from probe import assert_type
from stepkit import Flow, flow


class Input(TypedDict):
    a: int


class Skip(Flow[Input]):
    @flow.step("one", when=lambda a: a > 1, on_error="skip-remaining")
    def one(self):
        return {"b": 1}

    @flow.step("two")
    def two(self, b):  # E: [stepkit-maybe-missing] step "two" reads "b" ... "one" ... when
        return {"c": b}


class Out(TypedDict):
    a: int
    b: NotRequired[int]
    c: NotRequired[int]


assert_type(Skip().run_sync({"a": 1}), Out)
