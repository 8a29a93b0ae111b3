# The result flows into annotated code.
from typing import TypedDict

from stepkit import Flow, flow


class Input(TypedDict):
    a: int


class Result(TypedDict):
    a: int
    b: str


class Wrong(TypedDict):
    b: int


class Calc(Flow[Input]):
    @flow.step("one")
    def one(self, a):
        return {"b": str(a)}


def right(a: int) -> Result:
    return Calc().run_sync({"a": a})


def narrower(a: int) -> str:
    return Calc().run_sync({"a": a})["b"]


def wrong(a: int) -> Wrong:
    return Calc().run_sync({"a": a})  # E: [return-value] "Wrong"


def take(result: Result) -> None:
    print(result["b"])


take(Calc().run_sync({"a": 1}))
