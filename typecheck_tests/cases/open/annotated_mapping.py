# An annotated mapping of unknown keys: the values have its type.
from collections.abc import Mapping
from typing import TypedDict

from stepkit import Flow, flow


class Input(TypedDict):
    a: int


class Open(Flow[Input]):
    @flow.step("load")
    def load(self) -> Mapping[str, int]:  # N: step "load"
        return {"x": 1}

    @flow.step("read")
    def read(self, x, y, z=0):
        return {"sum": x}
