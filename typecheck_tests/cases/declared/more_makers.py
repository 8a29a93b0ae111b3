# Makers of nested flows, groups, branches and transforms, and steps that are made in unusual ways.
import functools
from collections.abc import Callable
from typing import Any, TypedDict

import stepkit
from probe import assert_type
from stepkit import Flow, flow


class Input(TypedDict):
    a: int


class Inner(Flow[Input]):
    @flow.step("inner")
    def inner(self, a):
        return {"inner": str(a)}


class Other(Flow[Input]):
    @flow.step("other")
    def other(self, a):
        return {"other": a}


def nested_optional(name: str, which: Any) -> flow.Subflow:
    return flow.subflow(name, which, on_error="continue")


def settled(name: str) -> flow.Parallel:
    return flow.parallel(name, mode="settled")


def routing(name: str, **cases: Any) -> Any:
    return flow.branch(name, cases={"inner": Inner, "other": Other}, **cases)


def logged(function: Callable[..., Any]) -> Any:
    """A decorator without arguments."""
    return flow.step(log=True)(function)


class Made(Flow[Input]):
    nested = nested_optional("nested", Inner)
    signals = settled("signals")

    @signals.step
    def member(self, a):
        return {"member": a}

    second = signals.subflow(Other)

    @logged  # type: ignore[misc, unused-ignore]
    def logged(self, a):
        assert_type(a, int)
        return {"logged": [a]}

    @flow.step(log=True)
    def options_only(self, logged):
        assert_type(logged, list[int])
        return {"options": logged}

    @stepkit.flow.step(None)
    async def unnamed(self, options):
        return {"unnamed": options}

    @flow.step
    def read(
        self,
        inner,  # E(inner): [stepkit-maybe-missing] step "nested" has on_error="continue"
        member,  # E(member): [stepkit-maybe-missing] the parallel group "signals" is settled
        other,  # E(other): [stepkit-maybe-missing]
        unnamed,
    ):
        assert_type(unnamed, list[int])
        return None


class Routed(Flow[Input]):
    @routing("route")  # type: ignore[untyped-decorator, misc, unused-ignore]
    def route(self, a):
        assert_type(a, int)
        return "inner" if a else "other"

    @flow.step
    def read(
        self,
        inner,  # E(inner): [stepkit-maybe-missing] case "other" of branch "route" does not give it
    ):
        return None


class Partial(Flow[Input]):
    only = functools.partial(flow.transform, "only", retries=1)

    @only()
    def replace(self, a):
        return {"b": a}

    double = functools.partial(flow.step("double"))(lambda self, b: {"c": b * 2})  # N: "double" may be a step

    @flow.step
    def read(self, b, c, d):
        assert_type(b, int)
        return None


class Nested:
    class Inside(Flow[Input]):
        step = flow.step

        @step("one")
        def one(self, a):
            return {"one": str(a)}

        @flow.step("two")
        def two(self, one):
            assert_type(one, str)
            return None


def test_local() -> None:
    def local(name: str) -> flow.StepDecorator:
        return flow.step(name, retries=1)

    class Local(Flow[Input]):
        @local("one")
        def one(self, a):
            return {"one": str(a)}

        @flow.step("two")
        def two(
            self,
            one,
            nothing,  # E(nothing): [stepkit-missing-key]
        ):
            assert_type(one, str)
            return None
