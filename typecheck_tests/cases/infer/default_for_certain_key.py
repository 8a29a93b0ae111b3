# A default for a key that is certain is no mistake: it is for direct calls.
from typing import TypedDict

from probe import assert_type
from stepkit import Flow, flow


class Input(TypedDict):
    a: int


class Certain(Flow[Input]):
    @flow.step("read")
    def read(self, a=5):
        assert_type(a, int)
        return {"b": a}


Certain().read()
