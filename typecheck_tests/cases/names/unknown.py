# A name that is not known is any text: no comparison is impossible, and what the branch does is checked.
from collections.abc import Callable
from os import environ
from typing import TypedDict

from probe import assert_type
from stepkit import Flow, StepNames, flow

NAME = environ.get("NAME", "load")
TWICE = "a"
if environ.get("B"):
    TWICE = "b"


def set_it(text: str) -> None:
    global CHANGED
    CHANGED = text


CHANGED = "c"


class Input(TypedDict):
    a: int


class Calc(Flow[Input]):
    @flow.step(NAME)
    def one(self, a):
        return {"b": str(a)}

    @flow.step("two")
    def two(self, a, b):
        return {"c": a, "d": b}


class Others(Flow[Input]):
    @flow.step(TWICE)
    def one(self, a):
        return {"b": str(a)}

    @flow.step(CHANGED)
    def two(self, a):
        return {"c": a}

    @flow.step(f"{NAME}-more")
    def three(self, a):
        return {"d": a}


class Around(Flow[Input]):
    calc = flow.subflow(NAME, Calc)
    again = flow.subflow("again", Calc)


def show(e: Calc.Event, name: StepNames[Calc]) -> None:
    if e.step_name == "load":
        assert_type(e.context["b"], str)
        e.context["bb"]  # E: "bb"
    if e.step_name == NAME:
        print(e.context["b"])
    if e.step_name == name:
        print(e.context["a"])
    if e.step_name == "two":
        number: int = e.context["c"]
        text: str = e.context["d"]
        print(number, text)
        e.context["cc"]  # E: "cc"
    if e.step_name in ("two", "lod"):
        print(e.checkpoint)
    match e.step_name:
        case "two":
            print(e.context["d"])
        case "other":
            print(e.context["b"])


def show_others(e: Others.Event) -> None:
    if e.step_name == "a":
        assert_type(e.context["a"], int)
        e.context["zz"]  # E: "zz"
    if e.step_name == "c" or e.step_name == "load-more":
        print(e.context["d"])


def show_around(e: Around.Event) -> None:
    if e.step_name == "again/two":
        print(e.context["d"].upper())
    if e.step_name == "load/two":
        print(e.context["c"])
    if e.step_name == "again/load":
        print(e.context["b"])


Calc().run_sync({"a": 1}, on_step_complete=lambda event: print(event.context["b"], event.step_name == "x"))
Others().run_sync({"a": 1}, on_step_complete=show_others)
done: Callable[[Around.Event], None] = show_around
