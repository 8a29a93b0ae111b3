# A key that may be missing is read from the result with care.
from typing import TypedDict

from probe import assert_type
from stepkit import Flow, flow


class Input(TypedDict):
    a: int


class Calc(Flow[Input]):
    @flow.step("one", on_error="continue")
    def one(self, a):
        return {"b": str(a)}


result = Calc().run_sync({"a": 1})
assert_type(result.get("b"), str | None)
if "b" in result:
    assert_type(result["b"], str)
