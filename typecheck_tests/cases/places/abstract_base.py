# A project's own base class for flows.
from typing import Any, Generic, TypedDict, TypeVar

from probe import assert_type
from stepkit import Flow, flow

InputT = TypeVar("InputT")


class Base(Flow[InputT], Generic[InputT]):
    def helper(self) -> int:
        return 1


class Input(TypedDict):
    a: int


class Calc(Base[Input]):
    @flow.step("one")
    def one(self, a):
        assert_type(a, int)
        return {"b": self.helper()}

    @flow.step("two")
    def two(self, zum):  # E: [stepkit-missing-key] "zum"
        return None


assert_type(Calc().run_sync({"a": 1})["b"], int)
