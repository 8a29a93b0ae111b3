# The class's other methods are what they are.
from typing import Any, TypedDict

from probe import assert_type
from stepkit import Flow, flow


class Input(TypedDict):
    a: int


class Calc(Flow[Input]):
    @flow.step("one")
    def one(self, a):
        return {"b": str(a)}


assert_type(Calc.describe(), list[dict[str, Any]])
assert_type(Calc.mermaid(), str)
