# A subclass that goes without an inherited step.
from typing import TypedDict

from probe import assert_type
from stepkit import Flow, flow


class Input(TypedDict):
    a: int


class Base(Flow[Input]):
    @flow.step("one")
    def one(self, a):
        return {"b": str(a)}

    @flow.step("two")
    def two(self, a):
        return {"c": [a]}


class Less(Base):
    two = None


class LessOut(TypedDict):
    a: int
    b: str


assert_type(Less().run_sync({"a": 1}), LessOut)
