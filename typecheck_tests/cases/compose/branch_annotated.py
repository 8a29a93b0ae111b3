# An annotated route is believed, and mypy checks it.
from typing import Literal, TypedDict

from probe import assert_type
from stepkit import Flow, flow


class Input(TypedDict):
    n: int


class Even(Flow[Input]):
    @flow.step("even-step")
    def even_step(self, n):
        return {"kind": "even"}


class Odd(Flow[Input]):
    @flow.step("odd-step")
    def odd_step(self, n):
        return {"kind": "odd"}


class Route(Flow[Input]):
    @flow.branch("route", cases={"even": Even, "odd": Odd})
    async def route(self, n: int) -> Literal["even", "odd"]:
        return "even" if n % 2 == 0 else "odd"

    @flow.branch("again", cases={"even": Even, "odd": Odd})
    def again(self, n: int) -> Literal["even", "odd", "third"]:  # E: [stepkit-branch-case] "again" ... "third"
        return "even"


class Out(TypedDict):
    n: int
    kind: str


assert_type(Route().run_sync({"n": 1}), Out)
