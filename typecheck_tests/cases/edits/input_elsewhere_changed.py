# --- inputs.py
from typing import TypedDict


class Input(TypedDict):
    a: int

# --- calc.py
from stepkit import Flow, flow

from .inputs import Input


class Calc(Flow[Input]):
    @flow.step("one")
    def one(self, a):  # E3: [stepkit-maybe-missing] step "one" reads "a"
        return {"b": a}

    @flow.step("two")
    def two(self, b: int):  # E2: [stepkit-key-type] step "two" ... "b"
        return {"c": b}

# --- main.py
from probe import assert_type

from .calc import Calc


def show(output: Calc.Output) -> None:
    assert_type(output["b"], int)  # E2: [assert-type] "str"

# --- inputs.py (2)
from typing import TypedDict


class Input(TypedDict):
    a: str

# --- inputs.py (3)
from typing import NotRequired, TypedDict


class Input(TypedDict):
    a: NotRequired[int]
