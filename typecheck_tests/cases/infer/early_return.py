# After an early bare return, or a fall off the end, the keys of the other returns may be missing.
from typing import NotRequired, TypedDict

from probe import assert_type
from stepkit import Flow, flow


class Input(TypedDict):
    a: int


class Early(Flow[Input]):
    @flow.step("early")
    def early(self, a):
        if a > 1:
            return
        return {"b": a}

    @flow.step("falls")
    def falls(self, a):
        if a > 1:
            return {"c": a}


class Out(TypedDict):
    a: int
    b: NotRequired[int]
    c: NotRequired[int]


assert_type(Early().run_sync({"a": 1}), Out)
