# What stands before the open step is checked as ever.
from typing import Any, TypedDict

from probe import assert_type
from stepkit import Flow, flow


class Input(TypedDict):
    a: int


class Open(Flow[Input]):
    @flow.step("early")
    def early(self, a, zum):  # E: [stepkit-missing-key] step "early" reads "zum"
        assert_type(a, int)
        return None

    @flow.step("load")
    def load(self, a) -> dict[str, Any]:  # N: step "load"
        return {}

    @flow.step("late")
    def late(self, zum):
        return None
