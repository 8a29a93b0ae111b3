# *args and **kwargs are refused when the class is created, and before.
from typing import Any, TypedDict

from stepkit import Flow, flow


class Input(TypedDict):
    a: int


class Stars(Flow[Input]):
    @flow.step("one")
    def one(self, *args: Any):  # E: [stepkit-parameters] step "one" ... "*args"
        return {"b": 1}

    @flow.step("two")
    def two(self, b, **kwargs: Any):  # E: [stepkit-parameters] step "two" ... "**kwargs"
        return {"c": b}

    @flow.step("three")
    def three(self, c):
        return {"d": c}
