# Behind "-> str" a text that is written out must be a case; of others nothing is known.
from typing import TypedDict

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


def named(n: int) -> str:
    return str(n)


class Right(Flow[Input]):
    @flow.branch("route", cases={"even": Even, "odd": Odd})
    async def route(self, n: int) -> str:
        return "even" if n % 2 == 0 else "odd"

    @flow.branch("computed", cases={"even": Even, "odd": Odd})
    def computed(self, n: int) -> str | None:
        if n == 0:
            return None
        return named(n)


class Wrong(Flow[Input]):
    @flow.branch("route", cases={"even": Even, "odd": Odd})
    async def route(self, n: int) -> str:
        return (
            "even"
            if n % 2 == 0
            else "od"  # E: [stepkit-branch-case] "route" ... "od"; did you mean "odd"?
        )

    @flow.branch("computed", cases={"even": Even, "odd": Odd})
    def computed(self, n: int) -> str | None:
        if n == 0:
            return None
        if n == 1:
            return "evn"  # E: [stepkit-branch-case] "computed" ... "evn"; did you mean "even"?
        return named(n)
