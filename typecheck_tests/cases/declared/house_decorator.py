# A team's own decorators: functions that return flow.step(...) of their arguments, in this module.
from collections.abc import Callable
from typing import Any, TypedDict

from probe import assert_type
from stepkit import Flow, flow


def remote_step(name):  # type: ignore[no-untyped-def, unused-ignore]
    """A step that calls another service."""
    return flow.step(name, retries=3)


def optional_step(name: str, *, always: bool = False, policy: Any = "continue") -> flow.StepDecorator:
    assert name, "a step has a name"
    return flow.step(name, on_error=policy, retries=3)


def passed_on(name: str, **options: Any) -> flow.StepDecorator:
    return flow.step(name, retries=3, **options)


def prepared(name: str, **options: Any) -> flow.StepDecorator:
    options.setdefault("on_error", "continue")
    options["retries"] = 3
    return flow.step(name, **options)


def replacing(name: str) -> flow.StepDecorator:
    return flow.transform(name)


def bare(function: Callable[..., Any]) -> Any:
    return flow.step(function)


def named_bare(function: Callable[..., Any]) -> Any:
    return flow.step("named-bare")(function)


def twice_removed(name: str) -> flow.StepDecorator:
    return passed_on(name, on_error="continue")


short = lambda name: flow.step(name, retries=1)  # noqa: E731


class Input(TypedDict):
    a: int


class House(Flow[Input]):
    @remote_step("load")  # type: ignore[untyped-decorator, no-untyped-call, misc, unused-ignore]
    def load(self, a):
        assert_type(a, int)
        return {"b": str(a)}

    @optional_step("maybe")
    def maybe(self, b):
        assert_type(b, str)
        return {"c": 1.5}

    @optional_step("certain", policy="raise")
    def certain(self, b):
        return {"d": [b]}

    @passed_on("on", merge="override")
    def on(self, d):
        assert_type(d, list[str])
        return {"e": d}

    @passed_on("off", on_error="continue")
    async def off(self, e):
        return {"f": e}

    @bare  # type: ignore[misc, unused-ignore]
    def bare_step(self, e):
        return {"g": len(e)}

    @named_bare  # type: ignore[misc, unused-ignore]
    def named(self, g):
        assert_type(g, int)
        return {"h": g}

    @twice_removed("twice")
    def twice(self, h):
        return {"i": h}

    @short("short")  # type: ignore[no-untyped-call, unused-ignore]
    def shorter(self, h):
        return {"j": str(h)}

    @prepared("prepared")
    def prepare(self, h):
        return {"m": h}

    @prepared("prepared-too", on_error="raise")
    def prepare_too(self, h):
        return {"n": h}

    @flow.step("read")
    def read(
        self,
        c,  # E(c): [stepkit-maybe-missing] step "maybe" gives it, but step "maybe" has on_error="continue"
        d,
        f,  # E(f): [stepkit-maybe-missing] step "off" gives it, but step "off" has on_error="continue"
        i,  # E(i): [stepkit-maybe-missing] step "twice" has on_error="continue"
        j,
        m,  # E(m): [stepkit-maybe-missing] step "prepared" gives it, but step "prepared" has on_error="continue"
        n,
        k,  # E(k): [stepkit-missing-key] step "read" reads "k", which no earlier step provides
    ):
        assert_type(j, str)
        return None

    @replacing("replace")
    def replace(self, j):
        return {"l": j}

    @flow.step("end")
    def end(
        self,
        l,
        a,  # E(a): [stepkit-missing-key] step "end" reads "a", which no earlier step provides
    ):
        assert_type(l, str)
        return {"end": True}


class Output(TypedDict):
    l: str
    end: bool


assert_type(House().run_sync({"a": 1}), Output)


def watch(event: House.Event) -> None:
    if event.step_name == "load":
        assert_type(event.context["b"], str)
    if event.step_name == "named-bare":
        assert_type(event.context["h"], int)


class Certain(TypedDict):
    d: list[str]


assert_type(House().certain(b="x"), Certain)
