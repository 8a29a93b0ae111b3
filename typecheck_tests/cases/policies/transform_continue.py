# A transform that may fail and be passed over.
from typing import NotRequired, TypedDict

from probe import assert_type
from stepkit import Flow, flow


class Input(TypedDict):
    a: int


class Replace(Flow[Input]):
    @flow.transform("maybe", on_error="continue")
    def maybe(self, a):
        return {"b": a}

    @flow.step("wrong")
    def wrong(self, a):  # E: [stepkit-maybe-missing] step "wrong" reads "a" ... "maybe"
        return None


class Out(TypedDict):
    a: NotRequired[int]
    b: NotRequired[int]


assert_type(Replace().run_sync({"a": 1}), Out)
