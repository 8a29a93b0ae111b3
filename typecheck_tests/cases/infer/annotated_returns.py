# Annotated returns are believed: TypedDict, None, either.
from typing import NotRequired, TypedDict

from probe import assert_type
from stepkit import Flow, flow


class A(TypedDict):
    a: float


class B(TypedDict):
    b: int


class C(TypedDict, total=False):
    c: int


class Annotated(Flow):
    @flow.step("a")
    def give_a(self) -> A:
        return {"a": 1}

    @flow.step("b")
    def give_b(self, a: float) -> B | None:
        return {"b": 1}

    @flow.step("c")
    async def give_c(self) -> C:
        return {"c": 1}

    @flow.step("none")
    def nothing(self) -> None:
        print("nothing")


class Out(TypedDict):
    a: float
    b: NotRequired[int]
    c: NotRequired[int]


assert_type(Annotated().run_sync(), Out)
