# An unannotated parameter with a default has the key's type or the default's.
from typing import NotRequired, TypedDict

from probe import assert_type
from stepkit import Flow, flow


class Input(TypedDict):
    a: NotRequired[int]
    b: NotRequired[str]
    c: NotRequired[list[int]]


class Defaults(Flow[Input]):
    @flow.step("read")
    def read(self, a=0, b=None, c=()):
        assert_type(a, int)
        assert_type(b, str | None)
        assert_type(c, list[int] | tuple[()])

    @flow.step("annotated")
    def annotated(self, a: int = 0, b: str | None = None):
        assert_type(a, int)
        assert_type(b, str | None)
