# StepNames, StepInput and StepOutput.
from typing import Literal, TypedDict

from probe import assert_type
from stepkit import Flow, StepInput, StepNames, StepOutput, flow


class Input(TypedDict):
    a: int


class Calc(Flow[Input]):
    @flow.step("one")
    def one(self, a):
        return {"b": str(a)}

    @flow.step("two")
    def two(self, b):
        return {"c": [b]}


class AfterOne(TypedDict):
    a: int
    b: str


class AfterTwo(TypedDict):
    a: int
    b: str
    c: list[str]


def names(name: StepNames[Calc]) -> None:
    assert_type(name, Literal["one", "two"])


def before_one(context: StepInput[Calc, Literal["one"]]) -> None:
    assert_type(context, Input)


def before_two(context: StepInput[Calc, Literal["two"]]) -> None:
    assert_type(context, AfterOne)


def after_two(context: StepOutput[Calc, Literal["two"]]) -> None:
    assert_type(context, AfterTwo)


names("one")
names("three")  # E: [arg-type] 'three'
first: StepNames[Calc] = "two"
