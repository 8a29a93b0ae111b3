# A transform that may return None has no context to go on with.
from typing import TypedDict

from stepkit import Flow, flow


class Input(TypedDict):
    a: int


class Replace(Flow[Input]):
    @flow.transform("maybe")
    def maybe(self, a):
        if a > 1:
            return None  # E: [stepkit-return] step "maybe" ... None
        return {"b": a}
