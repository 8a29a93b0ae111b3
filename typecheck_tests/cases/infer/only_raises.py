# A step that always raises: what stands behind it is not blamed.
from typing import TypedDict

from stepkit import Flow, flow


class Input(TypedDict):
    a: int


class Raises(Flow[Input]):
    @flow.step("todo")
    def todo(self, a):
        raise NotImplementedError

    @flow.step("after")
    def after(self, a):
        return {"b": a + 1}


Raises().run_sync({"a": 1})
