# A class inside a function.
from typing import TypedDict

from probe import assert_type
from stepkit import Flow, flow


class Input(TypedDict):
    a: int


def make(factor: int) -> str:
    class Local(Flow[Input]):
        @flow.step("one")
        def one(self, a):
            assert_type(a, int)
            return {"b": str(a * factor)}

        @flow.step("two")
        def two(self, zum):  # E: [stepkit-missing-key] step "two" reads "zum"
            return {"c": 1}

    assert_type(Local().run_sync({"a": 1})["b"], str)
    return Local().run_sync({"a": 1})["b"]
