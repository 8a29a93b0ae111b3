# The body of a team's own decorator is changed in another module: who uses it is judged anew.
# --- house.py
from stepkit import flow


def remote_step(name: str) -> flow.StepDecorator:
    return flow.step(name, retries=3)


SAFE = flow.step("safe")


def pick(name: str) -> flow.StepDecorator:
    return flow.step(name)


# --- house.py (2)
from stepkit import flow


def remote_step(name: str) -> flow.StepDecorator:
    return flow.step(name, retries=3, on_error="continue")


SAFE = flow.step("safe", on_error="continue")


def pick(name: str) -> flow.StepDecorator:
    return flow.transform(name)


# --- use.py
from typing import TypedDict

from stepkit import Flow, flow

from .house import SAFE, pick, remote_step


class Input(TypedDict):
    a: int


class Team(Flow[Input]):
    @remote_step("load")
    def load(self, a):
        return {"b": a}

    @SAFE
    def safe(self, a):
        return {"c": a}

    @flow.step("read")
    def read(
        self,
        b,  # E2(b): [stepkit-maybe-missing] step "load" has on_error="continue"
        c,  # E2(c): [stepkit-maybe-missing] step "safe" has on_error="continue"
    ):
        return {"d": b + c}

    @pick("pick")
    def pick(self, d):
        return {"e": d}

    @flow.step("end")
    def end(
        self,
        d,  # E2(d): [stepkit-missing-key] step "end" reads "d"
    ):
        return None


# --- elsewhere.py
from probe import assert_type

from .use import Team

result = Team().run_sync({"a": 1})
result["a"]  # E2: [misc] "a" is not a valid TypedDict key
