# After skip-remaining later steps run only if it succeeded: for them its keys are certain, for the result not.
from typing import NotRequired, TypedDict

from probe import assert_type
from stepkit import Flow, flow


class Input(TypedDict):
    a: int


class Skip(Flow[Input]):
    @flow.step("before")
    def before(self, a):
        return {"b": a}

    @flow.step("risky", on_error="skip-remaining")
    def risky(self, a):
        return {"a": str(a), "c": 1}

    @flow.step("after")
    def after(self, a, b, c):
        assert_type(a, str)
        assert_type(b, int)
        assert_type(c, int)
        return {"d": c, "b": [b]}


class Out(TypedDict):
    a: int | str
    b: int | list[int]
    c: NotRequired[int]
    d: NotRequired[int]


assert_type(Skip().run_sync({"a": 1}), Out)
