# Under on_error="continue" the step's keys may be missing; keys of before keep being there.
from typing import NotRequired, TypedDict

from probe import assert_type
from stepkit import Flow, flow


class Input(TypedDict):
    a: int


class Continue(Flow[Input]):
    @flow.step("risky", on_error="continue")
    def risky(self, a):
        return {"a": [a], "b": "x"}

    @flow.step("after")
    def after(self, a, b=None):
        assert_type(a, int | list[int])
        assert_type(b, str | None)
        return {"c": 1}


class Out(TypedDict):
    a: int | list[int]
    b: NotRequired[str]
    c: int


assert_type(Continue().run_sync({"a": 1}), Out)
