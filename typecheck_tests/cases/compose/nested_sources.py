# A nested flow as class, as instance, as lambda of self, as function of self.
from __future__ import annotations

from typing import TypedDict

from probe import assert_type
from stepkit import Flow, flow


class Input(TypedDict):
    a: int


class Inner(Flow[Input]):
    def __init__(self, factor: int = 1) -> None:
        self.factor = factor

    @flow.step("one")
    def one(self, a):
        return {"b": a * self.factor}


class Other(Flow[Input]):
    @flow.step("uno")
    def uno(self, a):
        return {"c": str(a)}


def make_other(outer: Outer) -> Other:
    return Other()


class Outer(Flow[Input]):
    def __init__(self, factor: int) -> None:
        self.factor = factor

    by_instance = flow.subflow("instance", Inner(2))

    @flow.step("first")
    def first(self, b):
        assert_type(b, int)
        return {"b": str(b)}

    by_lambda = flow.subflow("lambda", lambda self: Inner(self.factor))

    @flow.step("second")
    def second(self, b):
        assert_type(b, int)

    by_function = flow.subflow("function", make_other)

    @flow.step("third")
    def third(self, c):
        assert_type(c, str)


assert_type(Outer(3).run_sync({"a": 1})["c"], str)
