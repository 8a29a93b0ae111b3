# The input is any mapping type: a TypedDict by inheritance, a functional one.
from typing import NotRequired, TypedDict

from probe import assert_type
from stepkit import Flow, flow


class Base(TypedDict):
    a: int


class Extended(Base, total=False):
    b: str


Functional = TypedDict("Functional", {"x": int, "some-key": NotRequired[str]})


class One(Flow[Extended]):
    @flow.step("one")
    def one(self, a, b=""):
        assert_type(a, int)
        assert_type(b, str)


class Two(Flow[Functional]):
    @flow.step("one")
    def one(self, x):
        assert_type(x, int)


assert_type(Two().run_sync({"x": 1}), Functional)
