# The body of a team's own decorator is changed in another module: who uses it is judged anew.
# --- house.py
from stepkit import flow


def remote_step(name: str) -> flow.StepDecorator:
    return flow.step(name, retries=3)


SAFE = flow.step("safe")


def pick(name: str) -> flow.StepDecorator:
    return flow.step(name)


def gains(name):  # type: ignore[no-untyped-def, unused-ignore]
    return flow.step(name)


def loses(name: str) -> flow.StepDecorator:
    return flow.step(name)


# --- house.py (2)
from stepkit import flow


def remote_step(name: str) -> flow.StepDecorator:
    return flow.step(name, retries=3, on_error="continue")


SAFE = flow.step("safe", on_error="continue")


def pick(name: str) -> flow.StepDecorator:
    return flow.transform(name)


def gains(name: str) -> flow.StepDecorator:
    return flow.step(name)


def loses(name):  # type: ignore[no-untyped-def, unused-ignore]
    return flow.step(name)


# --- use.py
from typing import TypedDict

from stepkit import Flow, flow

from .house import SAFE, gains, loses, pick, remote_step


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


class Gaining(Flow[Input]):
    @gains("first")  # type: ignore[no-untyped-call, untyped-decorator, unused-ignore] # N1: "first" may be a step
    async def first(self, a):  # type: ignore[no-untyped-def, unused-ignore]
        return {"b": a}

    @gains("third")  # type: ignore[no-untyped-call, untyped-decorator, unused-ignore]
    async def third(self, a: int, b=0):  # type: ignore[no-untyped-def, unused-ignore]
        return {"d": a + b}

    @flow.step("second")
    async def second(
        self,
        zum,  # E2: [stepkit-missing-key] step "second" reads "zum"
    ):
        return {"c": zum}


class Losing(Flow[Input]):
    @loses("first")  # type: ignore[no-untyped-call, unused-ignore] # N2: "first" may be a step
    async def first(self, a):  # type: ignore[no-untyped-def, unused-ignore]
        return {"b": a}

    @loses("third")  # type: ignore[no-untyped-call, untyped-decorator, unused-ignore]
    async def third(self, a: int, b=0):  # type: ignore[no-untyped-def, unused-ignore]
        return {"d": a + b}

    @flow.step("second")
    async def second(
        self,
        zum,  # E1: [stepkit-missing-key] step "second" reads "zum"
    ):
        return {"c": zum}


# --- elsewhere.py
from probe import assert_type

from .use import Team

result = Team().run_sync({"a": 1})
result["a"]  # E2: [misc] "a" is not a valid TypedDict key
