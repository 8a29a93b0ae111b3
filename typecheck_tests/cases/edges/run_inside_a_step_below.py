# The same where the flow that is run stands below.
from typing import TypedDict

from probe import assert_type
from stepkit import Flow, flow


class Input(TypedDict):
    a: int


class Outer(Flow[Input]):
    @flow.step("call")
    def call(self, a):
        return {"text": Inner().run_sync({"a": a})["b"]}

    @flow.step("read")
    def read(self, text):
        assert_type(text, str)


class Inner(Flow[Input]):
    @flow.step("one")
    def one(self, a):
        return {"b": str(a)}
