# Options of a branch make what it gives optional.
from typing import NotRequired, TypedDict

from probe import assert_type
from stepkit import Flow, flow


class Input(TypedDict):
    n: int


class Even(Flow[Input]):
    @flow.step("even-step")
    def even_step(self, n):
        return {"kind": "even"}


class When(Flow[Input]):
    @flow.branch("route", cases={"even": Even}, when=lambda n: n > 1)
    def route(self):
        return "even"


class Continue(Flow[Input]):
    @flow.branch("route", cases={"even": Even}, on_error="continue")
    def route(self):
        return "even"


class Out(TypedDict):
    n: int
    kind: NotRequired[str]


assert_type(When().run_sync({"n": 1}), Out)
assert_type(Continue().run_sync({"n": 1}), Out)
