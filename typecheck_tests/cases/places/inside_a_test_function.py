# In a test function, whose class nobody else sees.
from typing import TypedDict

from stepkit import Flow, flow


class Input(TypedDict):
    a: int


def test_something() -> None:
    class Local(Flow[Input]):
        @flow.step("one")
        def one(self, a: int):
            return {"b": str(a)}

    assert Local().run_sync({"a": 1}) == {"a": 1, "b": "1"}
