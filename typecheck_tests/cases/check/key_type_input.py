# The same for a key of the input.
from typing import TypedDict

from stepkit import Flow, flow


class Input(TypedDict):
    rows: list[int]


class Types(Flow[Input]):
    @flow.step("show")
    def show(self, rows: list[str]):  # E: [stepkit-key-type] step "show" ... "rows" ... "list[str]" ... input ... "list[int]"
        return {"shown": rows}
