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

    @flow.step("two")
    def two(self):
        return {"c": 1}

# --- main.py
from probe import assert_type
from stepkit import Flow, flow

from .inner import Input
from .middle import Middle


class Main(Flow[Input]):
    middle = flow.subflow("middle", Middle)

    @flow.step("three")
    def three(self, b):
        assert_type(b, str)  # E2: [assert-type] "int"
        return {"d": b}


assert_type(Main().run_sync({"a": 1})["d"], str)  # E2: [assert-type] "int"


def show(e: Main.Event) -> None:
    if e.step_name == "middle/load/one":
        assert_type(e.context["b"], str)  # E2: [assert-type] "int"
    if e.step_name == "middle":
        assert_type(e.context["b"], str)  # E2: [assert-type] "int"

# --- inner.py (2)
from typing import TypedDict

from stepkit import Flow, flow


class Input(TypedDict):
    a: int


class Inner(Flow[Input]):
    @flow.step("one")
    def one(self, a):
        return {"b": a}
