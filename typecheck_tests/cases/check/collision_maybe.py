# A key that the context may have, or that the step may give, may collide.
from typing import NotRequired, TypedDict

from stepkit import Flow, flow


class Input(TypedDict):
    a: int
    b: NotRequired[int]


class Collides(Flow[Input]):
    @flow.step("one", merge="error")
    def one(self, a):
        return {"b": a}  # E: [stepkit-collision] step "one" ... "b"
