# --- main.py
from typing import TypedDict

from stepkit import Flow, flow


class Input(TypedDict):
    a: int


class Calc(Flow[Input]):
    @flow.step("one")
    def one(self, b):  # E: [stepkit-missing-key] step "one" reads "b"
        return {"c": b}

# --- main.py (2)
from typing import TypedDict

from stepkit import Flow, flow


class Input(TypedDict):
    a: int


class Calc(Flow[Input]):
    @flow.step("one")
    def one(self, a):
        return {"c": a}

# --- main.py (3)
from typing import TypedDict

from stepkit import Flow, flow


class Input(TypedDict):
    a: int


class Calc(Flow[Input]):
    @flow.step("one")
    def one(self, a: str):  # E: [stepkit-key-type] step "one" ... "a"
        return {"c": a}
