# The whole context is typed too: a key that it does not have is found.
from typing import TypedDict

from stepkit import Flow, flow


class Input(TypedDict):
    a: int


class Whole(Flow[Input]):
    @flow.step("count")
    def count(self, ctx, /):
        return {"n": ctx["zum"]}  # E: "zum"
