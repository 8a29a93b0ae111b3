# A branch that may take no case gives nothing for certain.
from typing import NotRequired, TypedDict

from probe import assert_type
from stepkit import Flow, flow


class Input(TypedDict):
    n: int


class Even(Flow[Input]):
    @flow.step("even-step")
    def even_step(self, n):
        return {"kind": "even", "n": str(n)}


class Route(Flow[Input]):
    @flow.branch("route", cases={"even": Even})
    def route(self, n):
        return "even" if n % 2 == 0 else None


class Falls(Flow[Input]):
    @flow.branch("route", cases={"even": Even})
    def route(self, n):
        if n % 2 == 0:
            return "even"

    @flow.step("read")
    def read(self, kind):  # E: [stepkit-maybe-missing] step "read" reads "kind" ... "route
        return None


class Out(TypedDict):
    n: int | str
    kind: NotRequired[str]


assert_type(Route().run_sync({"n": 1}), Out)
assert_type(Falls().run_sync({"n": 1}), Out)
