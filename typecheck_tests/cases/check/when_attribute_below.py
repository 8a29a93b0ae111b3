# A when= lambda reads an attribute that is set further below; mypy alone could not determine its type there.
from typing import TypedDict

from stepkit import Flow, flow


class Input(TypedDict):
    a: int


class Limited(Flow[Input]):
    @flow.step("one", when=lambda self, a: a < self.limit)
    def one(self, a):
        return {"b": a}

    @flow.step("two", when=lambda self, a: str(a) < self.name)
    def two(self, a):
        return {"c": a}

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.name = str(limit)


class Inherited(Limited):
    @flow.step("three", when=lambda self, a: a < self.limit and a < self.other)
    def three(self, a):
        return {"d": a}

    def __init__(self) -> None:
        super().__init__(3)
        self.other = 4
