# The result is known through variables, attributes, parameters and subclasses' instances.
from typing import TypedDict

from probe import assert_type
from stepkit import Flow, flow


class Input(TypedDict):
    a: int


class Calc(Flow[Input]):
    @flow.step("one")
    def one(self, a):
        return {"b": str(a)}


class Service:
    def __init__(self) -> None:
        self.flow = Calc()

    def run(self) -> str:
        return self.flow.run_sync({"a": 1})["b"]

    def wrong(self) -> int:
        return self.flow.run_sync({"a": 1})["b"]  # E: [return-value]


def use(calc: Calc, kind: type[Calc]) -> None:
    assert_type(calc.run_sync({"a": 1})["b"], str)
    assert_type(kind().run_sync({"a": 1})["b"], str)
