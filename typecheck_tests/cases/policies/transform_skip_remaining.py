# After a transform with skip-remaining the later steps see its result only, the caller either.
from typing import NotRequired, TypedDict

from probe import assert_type
from stepkit import Flow, flow


class Input(TypedDict):
    a: int


class Replace(Flow[Input]):
    @flow.transform("maybe", on_error="skip-remaining")
    def maybe(self, a):
        return {"b": a}

    @flow.step("after")
    def after(self, b):
        return {"c": b}

    @flow.step("wrong")
    def wrong(self, a):  # E: [stepkit-missing-key] step "wrong" reads "a"
        return None


class Out(TypedDict):
    a: NotRequired[int]
    b: NotRequired[int]
    c: NotRequired[int]


assert_type(Replace().run_sync({"a": 1}), Out)
