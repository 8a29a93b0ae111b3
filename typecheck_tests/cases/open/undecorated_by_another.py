# A step under another decorator: what it returns is as the decorator says.
from collections.abc import Callable
from typing import Any, TypedDict, TypeVar

from probe import assert_type
from stepkit import Flow, flow

F = TypeVar("F", bound=Callable[..., Any])


def traced(function: F) -> F:
    return function


class Input(TypedDict):
    a: int


class Traced(Flow[Input]):
    @flow.step("one")
    @traced
    def one(self, a: int):
        return {"b": a}

    @flow.step("two")
    def two(self, a):
        return {"c": a}


result = Traced().run_sync({"a": 1})
assert_type(result["a"], int)
