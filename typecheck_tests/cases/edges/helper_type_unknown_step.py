# A helper type for a step that the flow does not have.
from typing import Literal, TypedDict

from stepkit import Flow, StepInput, StepOutput, flow


class Input(TypedDict):
    a: int


class Calc(Flow[Input]):
    @flow.step("one")
    def one(self, a):
        return {"b": str(a)}


def before(context: StepInput[Calc, Literal["uno"]]) -> None:  # E: "uno"
    print(context)


def after(context: StepOutput[Calc, Literal["one"]]) -> str:
    return context["b"]
