# since mypy 2.4
# --- one.py
from __future__ import annotations

from typing import TypedDict

from stepkit import Flow, flow

from . import two


class Input(TypedDict):
    a: int


class One(Flow[Input]):
    @flow.step("first")
    def first(self, a):
        return {"x": a * 2}

    small = flow.subflow("small", two.Small)

    @flow.step("second")
    def second(self, small):
        return {"y": small}

# --- two.py
from __future__ import annotations

from stepkit import Flow, flow

from . import helper, one


def watch(event: one.One.Event) -> None:
    if event.step_name == "second":
        event.context["y"].bit_length()  # E2: "str" has no attribute "bit_length"


class Small(Flow["one.Input"]):
    @flow.step("make")
    def make(self, a):
        return {"small": helper.make(a)}


class Late(Flow["one.Input"]):
    late = flow.subflow("late", lambda self: one.One())

    @flow.step("last")
    def last(self, y):
        return {"z": y.bit_length()}  # E2: "str" has no attribute "bit_length"

# --- helper.py
def make(a: int) -> int:
    return a * 2

# --- helper.py (2)
def make(a: int) -> str:
    return str(a)
