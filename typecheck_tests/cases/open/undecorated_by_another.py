# A step under another decorator: what it returns is as the decorator says.
from collections.abc import Callable
from typing import Any, TypedDict, TypeVar, no_type_check

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


class NeverChecked(Flow[Input]):
    @flow.step("one")  # N: step "one" returns something that cannot be seen, as it is marked with no_type_check
    @no_type_check
    def one(self, a):
        return {"b": a}

    @flow.step("two")
    def two(self, b):
        return {"c": b}


def show(e: NeverChecked.Event) -> None:
    print(e.step_name == "tow")  # E: [stepkit-missing-key] NeverChecked has no step "tow"; did you mean "two"?
