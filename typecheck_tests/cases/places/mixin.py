# A mixin with helper methods, and a base that adds class options.
from typing import TypedDict

from probe import assert_type
from stepkit import Flow, flow


class Input(TypedDict):
    a: int


class Helpers:
    def text(self, n: int) -> str:
        return str(n)


class Mixed(Helpers, Flow[Input], log=True, name="mixed"):
    @flow.step("one")
    def one(self, a):
        return {"b": self.text(a)}


assert_type(Mixed().run_sync({"a": 1})["b"], str)
