# Options of a nested flow: when, on_error and merge count for all that it gives.
from typing import NotRequired, TypedDict

from probe import assert_type
from stepkit import Flow, flow


class Input(TypedDict):
    a: int


class Inner(Flow[Input]):
    @flow.step("one")
    def one(self, a):
        return {"a": str(a), "b": 1}


class When(Flow[Input]):
    load = flow.subflow("load", Inner, when=lambda a: a > 1)


class Continue(Flow[Input]):
    load = flow.subflow("load", Inner, on_error="continue")

    @flow.step("wrong")
    def wrong(self, b):  # E: [stepkit-maybe-missing] step "wrong" reads "b" ... "load
        return None


class Keep(Flow[Input]):
    load = flow.subflow("load", Inner, merge="skip", timeout=3, retries=1)


class Collides(Flow[Input]):
    load = flow.subflow("load", Inner, merge="error")  # E: [stepkit-collision] "load" ... "a"


class Maybe(TypedDict):
    a: int | str
    b: NotRequired[int]


class Kept(TypedDict):
    a: int
    b: int


assert_type(When().run_sync({"a": 1}), Maybe)
assert_type(Continue().run_sync({"a": 1}), Maybe)
assert_type(Keep().run_sync({"a": 1}), Kept)
