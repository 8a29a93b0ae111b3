# Everything in each other.
from typing import NotRequired, TypedDict

from probe import assert_type
from stepkit import Flow, flow


class Input(TypedDict):
    n: int


class Leaf(Flow[Input]):
    @flow.step("leaf")
    def leaf(self, n):
        return {"leaf": n}


class Route(Flow[Input]):
    @flow.branch("route", cases={"leaf": Leaf})
    def route(self, n):
        return "leaf" if n > 1 else None


class Group(Flow[Input]):
    both = flow.parallel("both")
    left = both.subflow(Route)

    @both.step
    def right(self, n):
        return {"right": str(n)}


class Whole(Flow[Input]):
    all = flow.subflow("all", Group)

    @flow.step("read")
    def read(self, right, leaf=0):
        assert_type(right, str)
        assert_type(leaf, int)


class Out(TypedDict):
    n: int
    leaf: NotRequired[int]
    right: str


assert_type(Whole().run_sync({"n": 1}), Out)


def show(e: Whole.Event) -> None:
    if e.step_name == "all/both/left/route/leaf/leaf":
        assert_type(e.context["leaf"], int)
