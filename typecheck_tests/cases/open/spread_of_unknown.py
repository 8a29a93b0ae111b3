# A spread of a dict whose keys are not known.
from typing import Any, TypedDict

from probe import assert_type
from stepkit import Flow, flow


class Input(TypedDict):
    data: dict[str, Any]


class Open(Flow[Input]):
    @flow.step("spread")
    def spread(self, data):
        return {**data, "x": 1}  # N: step "spread"

    @flow.step("read")
    def read(self, x, anything):
        assert_type(x, int)
        return {"y": anything}
