# Calc.Input and Calc.Output in annotations, in values, in containers.
from typing import TypedDict

from probe import assert_type
from stepkit import Flow, flow


class Input(TypedDict):
    a: int


class Calc(Flow[Input]):
    @flow.step("one")
    def one(self, a):
        return {"b": str(a)}


class Out(TypedDict):
    a: int
    b: str


def run(input: Calc.Input) -> Calc.Output:
    assert_type(input, Input)
    return Calc().run_sync(input)


def run_many(inputs: list[Calc.Input]) -> dict[int, Calc.Output]:
    return {number: run(each) for number, each in enumerate(inputs)}


assert_type(run({"a": 1}), Out)
assert_type(run_many([{"a": 1}])[0]["b"], str)
made: Calc.Output = {"a": 1, "b": "x"}
wrong: Calc.Output = {"a": 1, "b": 2}  # E: ncompatible types
run({"a": "x"})  # E: ncompatible types


# A class body may have something of its own under these names.
class Named(Flow[Input]):
    class Output(TypedDict):
        other: int

    @flow.step("one")
    def one(self, a):
        return {"b": str(a)}

    def again(self) -> "Named.Output":
        return {"other": 1}


assert_type(Named().run_sync({"a": 1}), Out)
assert_type(Named().again()["other"], int)
Named().run_sync({"a": "x"})  # E+: ncompatible type
