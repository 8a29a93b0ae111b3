# A transform with several returns: what only some give may be missing.
from typing import NotRequired, TypedDict

from probe import assert_type
from stepkit import Flow, flow


class Input(TypedDict):
    a: int


class Replace(Flow[Input]):
    @flow.transform("either")
    def either(self, a):
        if a > 1:
            return {"b": 1, "c": 1}
        return {"b": "x"}


class Out(TypedDict):
    b: int | str
    c: NotRequired[int]


assert_type(Replace().run_sync({"a": 1}), Out)
