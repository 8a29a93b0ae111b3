# An annotated return is checked by mypy itself, whichever way the step is written.
from typing import TypedDict

from stepkit import Flow, flow


class A(TypedDict):
    a: int


class Wrong(Flow):
    @flow.step("a")
    def give_a(self) -> A:
        return {"a": "x"}  # E+: [typeddict-item]

    @flow.step("b")
    def give_b(self, a: int) -> A:
        return {"a": a}
