# --- settings.py
LIMIT: int = 3

# --- calc.py
from typing import TypedDict

from stepkit import Flow, flow

from . import settings


class Input(TypedDict):
    a: int


class Calc(Flow[Input]):
    @flow.step("one")
    def one(self, a):
        return {"limit": settings.LIMIT}

    @flow.step("two")
    def two(self, limit: int):  # E2: [stepkit-key-type] step "two" ... "limit" ... "int" ... "one" ... "str"
        return {"double": limit * 2}

    @flow.step("three", when=lambda limit: limit > 1)  # E2: [operator]
    def three(self):
        return None

# --- settings.py (2)
LIMIT: str = "3"
