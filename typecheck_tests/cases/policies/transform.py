# A transform's mapping becomes the whole context.
from typing import TypedDict

from probe import assert_type
from stepkit import Flow, flow


class Input(TypedDict):
    a: int
    b: int


class Replace(Flow[Input]):
    @flow.transform("only-sum")
    def only_sum(self, a, b):
        return {"sum": a + b}

    @flow.step("read")
    def read(self, sum):
        return {"text": str(sum)}

    @flow.step("wrong")
    def wrong(self, a):  # E: [stepkit-missing-key] step "wrong" reads "a"
        return None


class Out(TypedDict):
    sum: int
    text: str


assert_type(Replace().run_sync({"a": 1, "b": 2}), Out)
