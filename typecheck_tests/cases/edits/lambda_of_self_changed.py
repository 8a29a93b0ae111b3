# --- inner.py
from typing import TypedDict

from stepkit import Flow, flow


class Input(TypedDict):
    a: int


class Inner(Flow[Input]):
    @flow.step("one")
    def one(self, a):
        return {"b": a}


def make() -> Inner:
    return Inner()

# --- main.py
from stepkit import Flow, flow

from .inner import Input, make


class Main(Flow[Input]):
    nested = flow.subflow("nested", lambda self: self.inner)

    @flow.step("two")
    def two(self, b):  # E2: [stepkit-missing-key] step "two" reads "b"
        return {"c": b}

    def __init__(self) -> None:
        self.inner = make()

# --- inner.py (2)
from typing import TypedDict

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
        return {"other": a}


def make() -> Other:
    return Other()
