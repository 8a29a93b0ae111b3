# skip-remaining inside a nested flow ends the whole run: later steps run only if it succeeded.
from typing import NotRequired, TypedDict

from probe import assert_type
from stepkit import Flow, flow


class Input(TypedDict):
    a: int


class Inner(Flow[Input]):
    @flow.step("risky", on_error="skip-remaining")
    def risky(self, a):
        return {"b": str(a)}


class Outer(Flow[Input]):
    load = flow.subflow("load", Inner)

    @flow.step("after")
    def after(self, b):
        assert_type(b, str)
        return {"c": b}


class Out(TypedDict):
    a: int
    b: NotRequired[str]
    c: NotRequired[str]


assert_type(Outer().run_sync({"a": 1}), Out)
