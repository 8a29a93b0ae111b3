# Unannotated parameters have their key's type, and the body is checked with it.
from typing import TypedDict

from probe import assert_type
from stepkit import Flow, flow


class Input(TypedDict):
    a: int
    names: list[str]


class Parameters(Flow[Input]):
    @flow.step("first")
    def first(self, a, names):
        assert_type(a, int)
        assert_type(names, list[str])
        names.append(a)  # E: [arg-type] "int" ... "str"
        return {"upper": a.upper()}  # E: [attr-defined] "upper"

    @flow.step("second")
    async def second(self, a, *, names):
        assert_type(names, list[str])
        return {"c": a + names}  # E: [operator] "int" ... "list[str]"

    @flow.step("third")
    def third(self, a: int, names):
        assert_type(names, list[str])
