# A transform under when: what only one side has may be missing.
from typing import NotRequired, TypedDict

from probe import assert_type
from stepkit import Flow, flow


class Input(TypedDict):
    a: int
    b: int


class Replace(Flow[Input]):
    @flow.transform("maybe", when=lambda a: a > 1)
    def maybe(self, a):
        return {"a": str(a), "c": 1}


class Out(TypedDict):
    a: int | str
    b: NotRequired[int]
    c: NotRequired[int]


assert_type(Replace().run_sync({"a": 1, "b": 2}), Out)
