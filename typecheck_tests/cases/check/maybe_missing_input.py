# A key that the input may lack needs a default.
from typing import NotRequired, TypedDict

from stepkit import Flow, flow


class Input(TypedDict):
    a: int
    b: NotRequired[int]


class Maybe(Flow[Input]):
    @flow.step("read")
    def read(self, a: int, b: int):  # E(b: int): [stepkit-maybe-missing] step "read" reads "b" ... input
        return {"sum": a + b}

    @flow.step("with-default")
    def with_default(self, a: int, b: int = 0):
        return {"fine": a + b}
