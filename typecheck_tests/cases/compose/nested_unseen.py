# A container whose flow cannot be seen opens the context: one note says from where on.
from typing import Any, TypedDict

from stepkit import Flow, flow


class Input(TypedDict):
    a: int


class Inner(Flow[Input]):
    @flow.step("one")
    def one(self, a):
        return {"b": a}


CASES = {"inner": Inner}


def anything() -> Any:
    return Inner


def bare(outer: object) -> Flow:
    return Inner()


class Unseen(Flow[Input]):
    unseen = flow.subflow("unseen", anything())  # N: nested flow "unseen"
    again = flow.subflow("again", anything())

    @flow.step("two")
    def two(self, b, other):
        return {"c": b}


class Bare(Flow[Input]):
    made = flow.subflow("made", bare)  # N: nested flow "made"


class Constant(Flow[Input]):
    @flow.branch("route", cases=CASES)  # N: branch "route"
    def route(self, a):
        return "inner"

    @flow.step("two")
    def two(self, b, other):
        return {"c": b}


class Called(Flow[Input]):
    @flow.branch("route", cases=dict(CASES))  # N: branch "route"
    def route(self, a):
        return "inner"


class OneCase(Flow[Input]):
    @flow.branch("route", cases={"inner": Inner, "other": anything()})  # N: case "other" of branch "route"
    def route(self, a):
        return "inner" if a else "other"


class Member(Flow[Input]):
    group = flow.parallel("group")
    member = group.subflow(anything(), name="member")  # N: member "member"
