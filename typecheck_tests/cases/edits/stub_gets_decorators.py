# A stub gets the decorators and annotations that stubgen left out: its flow is known.
# --- calc.pyi
# mypy: allow-untyped-defs, allow-incomplete-defs
from typing import TypedDict

from stepkit import Flow

class CalcInput(TypedDict):
    a: int

class Calc(Flow[CalcInput]):
    def one(self, a): ...  # N: methods of Calc may be steps

# --- main.py
from stepkit import Flow, flow

from .calc import Calc, CalcInput


class Outer(Flow[CalcInput]):
    calc = flow.subflow("calc", Calc)  # N1: nested flow "calc": its stub may lack decorators

    @flow.step("after")
    def after(self, b: str, c: int):  # E2: [stepkit-key-type] reads "b" as "str" ... as "int" # E2: [stepkit-missing-key] reads "c"
        return {"e": b}


def main() -> None:
    print(Calc().run_sync({"a": 1})["c"])  # E2: "c" is not a valid TypedDict key


class More(Calc):
    @flow.step("more")
    def more(self, c: int):  # E2: [stepkit-missing-key] reads "c"
        return {"d": c}

# --- calc.pyi (2)
# mypy: allow-untyped-defs, allow-incomplete-defs
from typing import TypedDict

from stepkit import Flow, flow

class CalcInput(TypedDict):
    a: int

class Given(TypedDict):
    b: int

class Calc(Flow[CalcInput]):
    @flow.step("one")
    def one(self, a) -> Given: ...
