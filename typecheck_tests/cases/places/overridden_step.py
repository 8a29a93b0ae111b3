# A step that is redefined takes the old one's place, and its keys count for the steps behind it.
from typing import TypedDict

from probe import assert_type
from stepkit import Flow, flow


class Input(TypedDict):
    a: int


class Base(Flow[Input]):
    @flow.step("one")
    def one(self, a):
        return {"b": a * 1.5}

    @flow.step("two")
    def two(self, b):
        return {"c": [b]}


class Changed(Base):
    @flow.step("one")
    def one(self, a):
        return {"b": a, "more": "x"}

    @flow.step("three")
    def three(self, b, c, more):
        assert_type(b, int)
        return {"d": c}


class ChangedOut(TypedDict):
    a: int
    b: int
    more: str
    c: list[float]
    d: list[float]


assert_type(Base().run_sync({"a": 1})["b"], float)
assert_type(Changed().run_sync({"a": 1}), ChangedOut)
