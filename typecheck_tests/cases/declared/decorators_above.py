# Decorators above that of stepkit: one that gives the step itself is fine, one that hides it is refused.
from abc import abstractmethod
from collections.abc import Callable
from typing import Any, ParamSpec, TypedDict, TypeVar

from probe import assert_type
from stepkit import Flow, flow

P = ParamSpec("P")
R = TypeVar("R")
F = TypeVar("F", bound=Callable[..., Any])


class Input(TypedDict):
    a: int


def marked(function: F) -> F:
    return function


def traced(function: Callable[P, R]) -> Callable[P, R]:
    return function


def untyped(function):  # type: ignore[no-untyped-def, unused-ignore]
    return function


class Marked(Flow[Input]):
    @marked
    @flow.step("one")
    def one(self, a):
        assert_type(a, int)
        return {"one": a}

    @marked
    @flow.step
    def two(self, one):
        return {"two": str(one)}

    @marked
    @flow.transform
    @marked
    def three(self, two):
        return {"three": two}

    @abstractmethod
    @flow.step("four")
    def four(self, three):
        return {"four": three}


class Hidden(Flow[Input]):
    @traced
    @flow.step("one")
    def one(self, a):  # E: [stepkit-definition] one: a decorator stands above that of stepkit and hides the step
        return {"one": a}

    @flow.step("two")
    def two(self, one):
        return {"two": one}


class Unseen(Flow[Input]):
    @untyped  # type: ignore[untyped-decorator, misc, unused-ignore]  # N: "one" may be a step, and what it gives cannot be seen
    @flow.step("one")
    def one(self, a):
        return {"one": a}

    @flow.step("two")
    def two(self, one, anything):
        return {"two": one}
