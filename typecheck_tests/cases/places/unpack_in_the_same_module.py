# A flow's aliases are known when its module has been analyzed: mypy needs the keys of **kwargs before. The same in every mode.
from typing import TypedDict

from stepkit import Flow, flow
from typing_extensions import Unpack


class Input(TypedDict):
    a: int


class Calc(Flow[Input]):
    @flow.step("one")
    def one(self, a):
        return {"b": str(a)}


def show(**values: Unpack[Calc.Output]) -> str:  # E+: TypedDict
    return str(values)
