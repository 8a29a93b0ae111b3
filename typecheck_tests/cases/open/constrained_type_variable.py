"""mypy checks a body once for each value of a type variable with constraints, and keeps none of them: an annotation helps."""

from typing import Generic, TypedDict, TypeVar

from probe import assert_type
from stepkit import Flow, flow

T = TypeVar("T", int, str)


class In(TypedDict):
    n: int


class Out(TypedDict):
    n2: int


class Unseen(Flow[In], Generic[T]):
    @flow.step("a")
    def a(self, n):  # N: step "a" returns something that cannot be seen, as a type variable of its class has constraints
        return {"n2": n}

    @flow.step("b")
    def b(self, n2):
        return {"c": n2}


class Seen(Flow[In], Generic[T]):
    @flow.step("a")
    def a(self, n: int) -> Out:
        return {"n2": n}

    @flow.step("b")
    def b(self, n2: int) -> Out:
        return {"n2": n2}

    @flow.step("c")
    def c(self, n2: str) -> None:  # E: [stepkit-key-type]
        pass


class Sub(Unseen[int]):
    @flow.step("d")
    def d(self, c, n2):
        return {"d": c}


assert_type(Seen[int]().run_sync({"n": 1})["n2"], int)
