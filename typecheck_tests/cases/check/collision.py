# merge="error" on a key that the context has for certain fails in every run.
from typing import TypedDict

from stepkit import Flow, flow


class Input(TypedDict):
    a: int


class Collides(Flow[Input]):
    @flow.step("one", merge="error")
    def one(self, a):
        return {"a": a + 1}  # E: [stepkit-collision] step "one" ... "a"

    @flow.step("two", merge="error")
    def two(self, a):
        return {"b": a}

    @flow.step("three", merge="warn")
    def three(self, a):
        return {"b": a}
