# What a step gives under when may be missing, unless it was there: then it is the union of old and new.
from typing import NotRequired, TypedDict

from probe import assert_type
from stepkit import Flow, flow


class Input(TypedDict):
    a: int


class When(Flow[Input]):
    @flow.step("maybe", when=lambda a: a > 1)
    def maybe(self, a):
        return {"a": str(a), "b": 1}


class Out(TypedDict):
    a: int | str
    b: NotRequired[int]


assert_type(When().run_sync({"a": 1}), Out)
