# With a return annotation a step under another decorator is known.
import functools
from collections.abc import Callable
from typing import ParamSpec, TypedDict, TypeVar

from probe import assert_type
from stepkit import Flow, flow

P = ParamSpec("P")
R = TypeVar("R")


def traced(function: Callable[P, R]) -> Callable[P, R]:
    @functools.wraps(function)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> R:
        return function(*args, **kwargs)

    return wrapper


class Input(TypedDict):
    a: int


class B(TypedDict):
    b: int


class Traced(Flow[Input]):
    @flow.step("one")
    @traced
    def one(self, a: int) -> B:
        return {"b": a}

    @flow.step("two")
    def two(self, b: int):
        return {"c": b}


class Out(TypedDict):
    a: int
    b: int
    c: int


assert_type(Traced().run_sync({"a": 1}), Out)
