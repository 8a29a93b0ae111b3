# --- inner.py
from typing import TypedDict

from stepkit import Flow, flow


class Input(TypedDict):
    a: int


class Inner(Flow[Input]):
    @flow.step("one")
    def one(self, a):
        return {"b": str(a)}

# --- middle.py
from stepkit import Flow, flow

from . import inner


class Middle(Flow[inner.Input]):
    load = flow.subflow("load", inner.Inner)

# --- main.py
from stepkit import Flow, flow

from .inner import Input
from .middle import Middle


class Main(Flow[Input]):
    middle = flow.subflow("middle", Middle)

    @flow.step("three")
    def three(self, b):  # E2: [stepkit-missing-key] step "three" reads "b" # E3: [stepkit-maybe-missing] step "three" reads "b"
        return {"d": 1}

# --- inner.py (2)
from typing import TypedDict

from stepkit import Flow, flow


class Input(TypedDict):
    a: int


class Inner(Flow[Input]):
    @flow.step("one")
    def one(self, a):
        return {"renamed": str(a)}

# --- inner.py (3)
from typing import TypedDict

from stepkit import Flow, flow


class Input(TypedDict):
    a: int


class Inner(Flow[Input]):
    @flow.step("one", on_error="continue")
    def one(self, a):
        return {"b": str(a)}
