# Two steps with skip-remaining.
from typing import NotRequired, TypedDict

from probe import assert_type
from stepkit import Flow, flow


class Skip(Flow):
    @flow.step("one", on_error="skip-remaining")
    def one(self):
        return {"a": 1}

    @flow.step("two", on_error="skip-remaining")
    def two(self, a):
        return {"a": "x", "b": 1}

    @flow.step("three")
    def three(self, a, b):
        assert_type(a, str)
        return {"c": b}


class Out(TypedDict):
    a: NotRequired[int | str]
    b: NotRequired[int]
    c: NotRequired[int]


assert_type(Skip().run_sync(), Out)
