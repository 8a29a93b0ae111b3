# A team's own decorators in another module: the return annotation carries what they make of their arguments.
# --- house.py
import functools
from collections.abc import Callable
from typing import Any

from stepkit import flow
from typing_extensions import Unpack


def remote_step(name: str, *, when: bool = True) -> flow.StepDecorator:
    return flow.step(name, retries=3, when=when)


def optional_step(name: str | None = None, **options: Any) -> flow.StepDecorator:
    return flow.step(name, on_error="continue", **options)


def checked(name: str, **options: Unpack[flow.StepOptions]) -> flow.StepDecorator:
    options.setdefault("on_error", "continue")
    return flow.step(name, **options)


def unannotated(name):  # type: ignore[no-untyped-def, unused-ignore]
    return flow.step(name, retries=3)


def computed(name: str, retries: int) -> flow.StepDecorator:
    if retries > 3:
        return flow.step(name, retries=3)
    return flow.step(name, retries=retries)


SAFE = flow.step("safe", on_error="continue")
LOAD = remote_step("load-it")
step = flow.step
replacing = flow.transform
quick = functools.partial(flow.step, retries=3)


class Steps:
    SURE = flow.step("sure", timeout=3)


# --- use.py
from typing import TypedDict

from probe import assert_type
from stepkit import Flow, flow

from . import house
from .house import LOAD, SAFE, Steps, computed, optional_step, quick, remote_step, replacing, step


class Input(TypedDict):
    a: int


class Team(Flow[Input]):
    @remote_step("first")
    def first(self, a):
        return {"b": str(a)}

    @house.remote_step("never", when=False)
    def never(self, a):
        return {"c": a}

    @optional_step()
    def maybe(self, b):
        assert_type(b, str)
        return {"d": b}

    @SAFE
    def safe(self, b):
        return {"e": b}

    @LOAD
    async def load(self, b):
        return {"f": [b]}

    @step("alias")
    def alias(self, f):
        assert_type(f, list[str])
        return {"g": f}

    @quick("partial")
    def partial(self, g):
        return {"h": g}

    @Steps.SURE
    def sure(self, h):
        return {"i": h}

    @computed("computed", 4)
    def computed(self, i):
        return {"j": i}

    @flow.step("read")
    def read(
        self,
        c,  # E(c): [stepkit-missing-key] reads "c"
        d,  # E(d): [stepkit-maybe-missing] step "maybe" gives it, but step "maybe" has on_error="continue"
        e,  # E(e): [stepkit-maybe-missing] step "safe" gives it, but step "safe" has on_error="continue"
        f,
        g,
        h,
        i,
        j,
    ):
        assert_type(j, list[str])
        return None

    @replacing("replace")
    def replace(self, j):
        return {"k": j}


class Output(TypedDict):
    k: list[str]


assert_type(Team().run_sync({"a": 1}), Output)


class Unseen(Flow[Input]):
    @house.unannotated("load")  # type: ignore[untyped-decorator, no-untyped-call, misc, unused-ignore]  # N: "load" may be a step, and what it gives cannot be seen
    def load(self, a):  # type: ignore[no-untyped-def, unused-ignore]
        return {"b": a}

    @flow.step("read")
    def read(self, b, anything):
        return {"c": b}


result = Unseen().run_sync({"a": 1})


class Checked(Flow[Input]):
    @house.checked("first", retries=2)
    def first(self, a):
        return {"b": a}

    @house.checked("second", retry=2, on_error="raise")  # E+: "retry" # N+: "checked"
    def second(self, a):
        return {"c": a}

    @house.checked("third", retries="2", on_error="raise")  # E+: ncompatible type
    def third(
        self,
        b,  # E(b): [stepkit-maybe-missing] step "first" has on_error="continue"
    ):
        return {"d": b}
