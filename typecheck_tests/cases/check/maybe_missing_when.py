# The message names the step that gives the key and why it may be missing: when.
from typing import TypedDict

from stepkit import Flow, flow


class Input(TypedDict):
    a: int


class Maybe(Flow[Input]):
    @flow.step("double", when=lambda a: a > 1)
    def double(self, a: int):
        return {"doubled": a * 2}

    @flow.step("read")
    def read(self, doubled: int):  # E: [stepkit-maybe-missing] step "read" reads "doubled" ... "double" ... when
        return {"b": doubled}

    @flow.step("fine")
    def fine(self, b: int, doubled: int = 0):
        return {"c": b + doubled}
