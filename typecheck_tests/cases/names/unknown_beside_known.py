# One step's name is not known: events of the others are not narrowed, and no key of the flow is wrong to read.
# --- house.py
from typing import Final

from stepkit import flow


def soft(name: str) -> flow.StepDecorator:
    if not name:
        raise ValueError(name)
    return flow.step(name, on_error="continue")


class Steps:
    LOAD = "load"
    SAVE: Final = "save"


# --- house.py (2)
from typing import Final

from stepkit import flow


def soft(name: str) -> flow.StepDecorator:
    if not name:
        raise ValueError(name)
    return flow.step(name, on_error="continue")


class Steps:
    LOAD: Final = "load"
    SAVE: Final = "save"


# --- use.py
from probe import assert_type
from stepkit import Flow, flow

from . import house


class Constant(Flow):
    @flow.step("a")
    def a(self):
        return {"a": 1}

    @flow.step(house.Steps.LOAD)
    def load(self, a):
        return {"e": a}

    @flow.step("f")
    def f(self, e):
        return {"f": str(e)}


class Decorated(Flow):
    @flow.step("a")
    def a(self):
        return {"a": 1}

    @house.soft("e")
    def load(self, a):
        return {"e": a}

    @flow.step("f")
    def f(self, e=0):
        return {"f": str(e)}


class Known(Flow):
    @flow.step("a")
    def a(self):
        return {"a": 1}

    @flow.step(house.Steps.SAVE)
    def save(self, a):
        return {"e": a}


def constant(e: Constant.Event) -> None:
    if e.step_name == "f":
        assert_type(e.context["f"], str)
        assert_type(e.context["e"], int)
        e.context["zz"]  # E: "zz"
    if e.step_name in ("f", "a"):
        assert_type(e.context["a"], int)
    if e.step_name == house.Steps.LOAD:
        assert_type(e.context["e"], int)
    if e.step_name == "a":
        e.context["f"]  # E2: [misc] "f" is not a valid TypedDict key


def unasked(e: Constant.Event) -> None:
    e.context["f"]  # E2: [misc] "f" is not a valid TypedDict key
    assert_type(e.context.get("f"), str | None)


def decorated(e: Decorated.Event) -> None:
    if e.step_name == "f":
        print(e.context["f"])
    if e.step_name in ("f", "e"):
        print(e.context["f"], e.context["e"])


def known(e: Known.Event) -> None:
    if e.step_name == "save":
        assert_type(e.context["e"], int)
    if e.step_name == "a":
        e.context["e"]  # E: [misc] "e" is not a valid TypedDict key
