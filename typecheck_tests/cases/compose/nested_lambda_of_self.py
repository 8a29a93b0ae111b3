# A lambda of self is checked as what it is: its self is the flow.
from __future__ import annotations

from typing import TypedDict

from probe import assert_type
from stepkit import Flow, flow


class Input(TypedDict):
    a: int


class Inner(Flow[Input]):
    @flow.step("one")
    def one(self, a):
        return {"b": a}


class Other(Flow[Input]):
    @flow.step("uno")
    def uno(self, a):
        return {"c": str(a)}


class Outer(Flow[Input]):
    by_attribute = flow.subflow("by-attribute", lambda self: self.inner)

    @flow.step("first")
    def first(self, b):
        assert_type(b, int)
        return None

    group = flow.parallel("group")
    by_method = group.subflow(lambda self: self.make(2), name="by-method")

    @flow.step("second")
    def second(self, c):
        assert_type(c, str)
        return {"b": c, "c": c.encode()}

    @flow.branch("route", cases={"inner": lambda self: self.inner, "other": Other, "made": lambda self: self.make(1)})
    def route(self, a):
        return "inner" if a == 1 else "other" if a == 2 else "made"

    @flow.step("third")
    def third(self, b, c):
        assert_type(b, int | str)
        assert_type(c, str | bytes)
        return None

    def make(self, number: int) -> Other:
        return Other()

    def __init__(self, inner: Inner) -> None:
        self.inner = inner
