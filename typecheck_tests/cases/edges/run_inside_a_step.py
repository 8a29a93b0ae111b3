# A step may run another flow, and its result is known.
from typing import TypedDict

from probe import assert_type
from stepkit import Flow, flow


class Input(TypedDict):
    a: int


class Inner(Flow[Input]):
    @flow.step("one")
    def one(self, a):
        return {"b": str(a)}


class Outer(Flow[Input]):
    @flow.step("call")
    async def call(self, a):
        inner = await Inner().run({"a": a})
        return {"text": inner["b"], "whole": inner}

    @flow.step("read")
    def read(self, text, whole):
        assert_type(text, str)
        assert_type(whole["b"], str)
