# What a nested flow may write, or leave, is the union of old and new.
from typing import NotRequired, TypedDict

from probe import assert_type
from stepkit import Flow, flow


class InnerInput(TypedDict):
    a: int


class Inner(Flow[InnerInput]):
    @flow.step("maybe", when=lambda a: a > 1)
    def maybe(self, a):
        return {"a": str(a), "b": 1}


class Outer(Flow[InnerInput]):
    load = flow.subflow("load", Inner)


class Out(TypedDict):
    a: int | str
    b: NotRequired[int]


assert_type(Outer().run_sync({"a": 1}), Out)
