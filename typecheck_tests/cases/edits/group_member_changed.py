# --- members.py
from typing import TypedDict

from stepkit import Flow, flow


class Input(TypedDict):
    n: int


class Member(Flow[Input]):
    @flow.step("step")
    def step(self, n):
        return {"x": n}

# --- main.py
from probe import assert_type
from stepkit import Flow, flow

from .members import Input, Member


class Group(Flow[Input]):
    both = flow.parallel("both", merge="error")

    @both.step
    def other(self, n):
        return {"y": n}

    member = both.subflow(Member)  # E2: [stepkit-collision] "y"


assert_type(Group().run_sync({"n": 1})["y"], int)  # E2: [assert-type] "str"

# --- members.py (2)
from typing import TypedDict

from stepkit import Flow, flow


class Input(TypedDict):
    n: int


class Member(Flow[Input]):
    @flow.step("step")
    def step(self, n):
        return {"y": str(n)}
