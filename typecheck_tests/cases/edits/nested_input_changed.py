# --- inner.py
from typing import TypedDict

from stepkit import Flow, flow


class Input(TypedDict):
    a: int


class Inner(Flow[Input]):
    @flow.step("one")
    def one(self, a):
        return {"b": str(a)}

# --- main.py
from typing import TypedDict

from stepkit import Flow, flow

from . import inner


class Input(TypedDict):
    a: int


class Main(Flow[Input]):
    load = flow.subflow("load", inner.Inner)  # E2: [stepkit-nested-input] "more"

    @flow.step("after")
    def after(self, b):
        return {"c": b}

# --- inner.py (2)
from typing import TypedDict

from stepkit import Flow, flow


class Input(TypedDict):
    a: int
    more: int


class Inner(Flow[Input]):
    @flow.step("one")
    def one(self, a, more):
        return {"b": str(a)}
