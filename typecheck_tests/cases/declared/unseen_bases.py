# A base that cannot be seen may bring steps: the context is open, and a note says why.
from typing import Any, TypedDict

from probe import assert_type
from stepkit import Flow, flow


class Input(TypedDict):
    a: int


class Common(Flow[Input]):
    @flow.step
    def one(self, a):
        return {"b": a}


def anything() -> Any:
    return object


Unknown: Any = anything()


class Mixed(Unknown, Common):  # type: ignore[misc, unused-ignore]  # N: a base class of Mixed cannot be seen
    @flow.step
    def two(self, a, b, c):
        assert_type(a, int)
        return {"d": b}


class Below(Mixed):
    @flow.step
    def three(self, d, e):
        assert_type(d, int)
        return {"f": d}


class OnlyUnknown(Unknown):  # type: ignore[misc, unused-ignore]  # N: a base class of OnlyUnknown cannot be seen
    @flow.step
    def two(self, c):  # type: ignore[no-untyped-def, unused-ignore]
        return {"d": c}


class Called(anything()):  # type: ignore[misc]  # N: a base class of Called cannot be seen
    @flow.step
    def two(self, c):  # type: ignore[no-untyped-def, unused-ignore]
        return {"d": c}


class NoSteps(Unknown):  # type: ignore[misc, unused-ignore]
    def two(self) -> int:
        return 1
