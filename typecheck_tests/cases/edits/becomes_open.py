# --- helper.py
from typing import Any, TypedDict


class Row(TypedDict):
    b: int


def load() -> Row:
    return {"b": 1}


def read() -> dict[str, Any]:
    return {}

# --- main.py
from stepkit import Flow, flow

from . import helper


class Calc(Flow):
    @flow.step("one")
    def one(self):
        return helper.load()  # N2: step "one"

    @flow.step("two")
    def two(self, zum):  # E1: [stepkit-missing-key] step "two" reads "zum"
        return {"c": 1}

    @flow.step("three")
    def three(self):
        return helper.read()  # N1: step "three"

# --- helper.py (2)
from typing import Any


def load() -> dict[str, Any]:
    return {"b": 1}


def read() -> dict[str, Any]:
    return {}
