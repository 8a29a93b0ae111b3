# A branch that always takes a case: what every case gives is certain, types are joined.
from typing import NotRequired, TypedDict

from probe import assert_type
from stepkit import Flow, flow


class Input(TypedDict):
    n: int


class Even(Flow[Input]):
    @flow.step("even-step")
    def even_step(self, n):
        return {"half": n // 2, "kind": "even"}


class Odd(Flow[Input]):
    @flow.step("odd-step")
    def odd_step(self, n):
        return {"kind": None, "next": n + 1}


class Route(Flow[Input]):
    @flow.branch("route", cases={"even": Even, "odd": Odd})
    def route(self, n):
        assert_type(n, int)
        return "even" if n % 2 == 0 else "odd"

    @flow.step("read")
    def read(self, kind, half=0, next=0):
        assert_type(kind, str | None)
        assert_type(half, int)


class Out(TypedDict):
    n: int
    half: NotRequired[int]
    kind: str | None
    next: NotRequired[int]


assert_type(Route().run_sync({"n": 1}), Out)
