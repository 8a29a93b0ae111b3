# Bases under other names are what they stand for.
from typing import Generic, TypeAlias, TypedDict, TypeVar

from probe import assert_type
from stepkit import Flow, flow

T = TypeVar("T")


class Input(TypedDict):
    a: int


class Common(Flow[Input]):
    @flow.step
    def one(self, a):
        return {"b": str(a)}


class Generic1(Flow[Input], Generic[T]):
    @flow.step
    def given(self, a: int) -> dict[str, T]:  # N: step "given" returns a mapping
        return {}


Alias = Common
BaseFlow = Flow[Input]
Plain = Flow
Explicit: TypeAlias = Flow[Input]
OfInt = Generic1[int]


class FromAlias(Alias):
    @flow.step
    def two(
        self,
        b,
        c,  # E(c): [stepkit-missing-key] step "two" reads "c"
    ):
        return {"d": b}


class FromArguments(BaseFlow):
    @flow.step
    def two(
        self,
        a,
        c,  # E(c): [stepkit-missing-key]
    ):
        return {"d": a}


class FromPlain(Plain):
    @flow.step
    def two(
        self,
        c,  # E(c): [stepkit-missing-key]
    ):
        return {"d": 1}


class FromExplicit(Explicit):
    @flow.step
    def two(
        self,
        a,
        c,  # E(c): [stepkit-missing-key]
    ):
        return {"d": a}


class FromGeneric(OfInt):
    @flow.step
    def two(self, a, anything):
        assert_type(a, int)
        assert_type(anything, int)
        return {"d": a}


class Out(TypedDict):
    a: int
    b: str
    d: str


assert_type(FromAlias().run_sync({"a": 1}), Out)
assert_type(FromExplicit().run_sync({"a": 1})["d"], int)
FromPlain().run_sync()
