# A nested flow that stands below in the module, made by a function of self.
from __future__ import annotations

from typing import TypedDict

from probe import assert_type
from stepkit import Flow, flow


class Input(TypedDict):
    a: int


class Outer(Flow[Input]):
    load = flow.subflow("load", lambda self: Inner())

    @flow.step("read")
    def read(self, b):
        assert_type(b, str)
        return {"c": b}


class Inner(Flow[Input]):
    @flow.step("one")
    def one(self, a):
        return {"b": str(a)}


assert_type(Outer().run_sync({"a": 1})["c"], str)
