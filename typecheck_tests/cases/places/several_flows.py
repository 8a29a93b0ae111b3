# Flows in one module do not see each other.
from typing import TypedDict

from probe import assert_type
from stepkit import Flow, flow


class Input(TypedDict):
    a: int


class One(Flow[Input]):
    @flow.step("one")
    def one(self, a):
        return {"b": str(a)}


class Two(Flow[Input]):
    @flow.step("one")
    def one(self, a):
        return {"b": a}

    @flow.step("two")
    def two(self, b):
        assert_type(b, int)


assert_type(One().run_sync({"a": 1})["b"], str)
assert_type(Two().run_sync({"a": 1})["b"], int)
