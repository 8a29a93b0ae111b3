# A key that is written again takes its new type.
from typing import TypedDict

from probe import assert_type
from stepkit import Flow, flow


class Input(TypedDict):
    a: int


class Again(Flow[Input]):
    @flow.step("text")
    def text(self, a):
        return {"a": str(a)}

    @flow.step("list")
    def listed(self, a):
        assert_type(a, str)
        return {"a": [a]}


class Out(TypedDict):
    a: list[str]


assert_type(Again().run_sync({"a": 1}), Out)
