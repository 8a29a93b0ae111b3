# A route that gives a plain text may choose any case; a note says how to have it checked.
from enum import StrEnum
from typing import Literal, TypedDict

from probe import assert_type
from stepkit import Flow, flow


class Input(TypedDict):
    kind: str
    n: int


class Even(Flow[Input]):
    @flow.step("even-step")
    def even_step(self, n):
        return {"even": n, "both": n}


class Odd(Flow[Input]):
    @flow.step("odd-step")
    def odd_step(self, n):
        return {"odd": n, "both": n}


class Route(Flow[Input]):
    @flow.branch("route", cases={"even": Even, "odd": Odd})
    def route(self, kind):
        return kind  # N(kind): branch "route" returns "str": any of its cases may be chosen. Annotate its return with Literal["even", "odd"], and it is checked

    @flow.step("read")
    def read(self, both, even=0, odd=0):
        assert_type(both, int)
        return {"done": even + odd}


class OrNone(Flow[Input]):
    @flow.branch("route", cases={"even": Even, "odd": Odd})
    def route(self, kind, n):
        if n > 3:
            return "odd"
        return kind.lower() if n else None  # N(kind): branch "route" returns "str": any of its cases may be chosen.

    @flow.step("read")
    def read(self, both=0):
        return {"done": both}


class Kind(StrEnum):
    EVEN = "even"


class Wider(StrEnum):
    EVEN = "even"
    NONE = "none"


class ByEnum(Flow[Input]):
    @flow.branch("route", cases={"even": Even})
    def route(self, kind):
        return Kind(kind)  # every member is a case


class ByWiderEnum(Flow[Input]):
    @flow.branch("route", cases={"even": Even})
    def route(self, kind):
        return Wider(kind)  # N(Wider): branch "route" returns "Wider": any of its cases may be chosen.


class Annotated(Flow[Input]):
    @flow.branch("route", cases={"even": Even, "odd": Odd})
    def route(self, kind: str) -> str:
        return kind


class Checked(Flow[Input]):
    @flow.branch("route", cases={"even": Even, "odd": Odd})
    def route(self, n) -> Literal["even", "odd"]:
        return "odd" if n % 2 else "even"
