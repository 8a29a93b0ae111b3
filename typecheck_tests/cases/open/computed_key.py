# A key that is computed.
from typing import TypedDict

from stepkit import Flow, flow


class Input(TypedDict):
    name: str


class Open(Flow[Input]):
    @flow.step("set")
    def set(self, name):
        return {name: 1}  # N: step "set"

    @flow.step("read")
    def read(self, anything, name):
        return {"y": anything}
