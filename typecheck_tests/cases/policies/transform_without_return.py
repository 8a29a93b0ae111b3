# A transform that may be left without a return.
from typing import TypedDict

from stepkit import Flow, flow


class Input(TypedDict):
    a: int


class Replace(Flow[Input]):
    @flow.transform("falls")
    def falls(self, a):  # E: [stepkit-return] step "falls" ... None
        if a > 1:
            return {"b": a}

    @flow.transform("fine")
    def fine(self, ctx, /):
        return {**ctx}
