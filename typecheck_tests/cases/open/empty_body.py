# Steps that are still to be written.
from typing import TypedDict

from stepkit import Flow, flow


class Input(TypedDict):
    a: int


class Todo(Flow[Input]):
    @flow.step("one")
    def one(self, a): ...

    @flow.step("two")
    def two(self, a):
        """To be written."""

    @flow.step("three")
    def three(self, a):
        pass


Todo().run_sync({"a": 1})
