# A spread that stands last replaces what stands before it, where it has the key for certain.
from typing import NotRequired, TypedDict

from probe import assert_type
from stepkit import Flow, flow


class Patch(TypedDict):
    a: str
    b: NotRequired[str]


def patch() -> Patch:
    return {"a": "x"}


class Spread(Flow):
    @flow.step("give")
    def give(self):
        return {"a": 1, "b": 2, **patch()}

    @flow.step("read")
    def read(self, a, b):
        assert_type(a, str)
        assert_type(b, int | str)
