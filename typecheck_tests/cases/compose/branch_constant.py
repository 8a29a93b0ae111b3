# A branch that returns one case only gives what that case gives; sources of cases as for nested flows.
from typing import TypedDict

from probe import assert_type
from stepkit import Flow, flow


class Input(TypedDict):
    n: int


class Even(Flow[Input]):
    @flow.step("even-step")
    def even_step(self, n):
        return {"kind": "even"}


class Odd(Flow[Input]):
    def __init__(self, word: str) -> None:
        self.word = word

    @flow.step("odd-step")
    def odd_step(self, n):
        return {"kind": self.word}


class Route(Flow[Input]):
    @flow.branch("route", cases={"even": Even(), "odd": lambda self: Odd("odd")})
    def route(self, n):
        if n % 2:
            return "odd"
        else:
            return "even"

    @flow.step("read")
    def read(self, kind):
        assert_type(kind, str)
