# Why it may be missing: only some returns give it.
from typing import TypedDict

from stepkit import Flow, flow


class Input(TypedDict):
    a: int


class Maybe(Flow[Input]):
    @flow.step("find")
    def find(self, a):
        if a > 1:
            return {"row": a}
        return {"none": True}

    @flow.step("read")
    def read(self, row):  # E: [stepkit-maybe-missing] step "read" reads "row" ... "find" ... return
        return {"b": row}

    @flow.step("fine")
    def fine(self, row=None, none=False):
        return {"c": row}
