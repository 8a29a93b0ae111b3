# A generic flow as a case keeps its type argument, as it does where it is nested.
from typing import Generic, TypedDict, TypeVar

from probe import assert_type
from stepkit import Flow, flow

T = TypeVar("T")


class Input(TypedDict):
    n: int


class Holds(Flow[Input], Generic[T]):
    def __init__(self, value: T) -> None:
        self.value = value

    @flow.step("give")
    def give(self):
        return {"held": self.value}


class Outer(Flow[Input]):
    nested = flow.subflow("nested", Holds(2.5))

    @flow.step("one")
    def one(self, held):
        assert_type(held, float)
        return None

    @flow.branch("route", cases={"text": Holds("x"), "bytes": Holds(b"x")})
    def route(self, n):
        return "text" if n == 1 else "bytes"

    @flow.step("two")
    def two(self, held):
        assert_type(held, str | bytes)
        return None

    @flow.branch("late", cases={"late": lambda self: Holds(self.number)})
    def late(self, n):
        return "late"

    @flow.step("later")
    def later(self, held):
        assert_type(held, int)
        return None

    group = flow.parallel("group")
    member = group.subflow(Holds([1]), name="member")

    @flow.step("three")
    def three(self, held):
        assert_type(held, list[int])
        return None

    def __init__(self) -> None:
        self.number = 1
