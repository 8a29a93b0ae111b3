# Bodies of unannotated steps are checked, once.
from typing import TypedDict

from stepkit import Flow, flow


class Input(TypedDict):
    a: int


class Bodies(Flow[Input]):
    @flow.step("one")
    def one(self):
        return {"b": "x" + 1}  # E: [operator]

    @flow.step("two")
    async def two(self, a, b):
        a.also_missing  # E: [attr-defined]
        a.missing  # E: [attr-defined] "int" has no attribute "missing"
        return {"c": a}

    @flow.step("three")
    def three(self, a, c):
        for row in a:  # E: [attr-defined]
            print(row)
        return {"d": c + ""}  # E: [operator]
