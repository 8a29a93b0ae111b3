# A subclass inherits the table and adds to it.
from typing import TypedDict

from probe import assert_type
from stepkit import Flow, flow


class Input(TypedDict):
    a: int


class Base(Flow[Input]):
    @flow.step("one")
    def one(self, a):
        return {"b": str(a)}


class More(Base):
    @flow.step("two")
    def two(self, a, b):
        assert_type(b, str)
        return {"c": [a]}


class Same(Base):
    pass


class BaseOut(TypedDict):
    a: int
    b: str


class MoreOut(TypedDict):
    a: int
    b: str
    c: list[int]


assert_type(Base().run_sync({"a": 1}), BaseOut)
assert_type(Same().run_sync({"a": 1}), BaseOut)
assert_type(More().run_sync({"a": 1}), MoreOut)


def show(e: More.Event, output: More.Output) -> None:
    assert_type(output, MoreOut)
    if e.step_name == "two":
        assert_type(e.context["c"], list[int])
