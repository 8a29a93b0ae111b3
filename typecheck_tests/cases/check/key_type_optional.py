# A value that may be None does not fit an annotation without None.
from typing import TypedDict

from stepkit import Flow, flow


class Input(TypedDict):
    rows: dict[str, int]


class Gets(Flow[Input]):
    @flow.step("get")
    def get(self, rows: dict[str, int]):
        return {"row": rows.get("x")}

    @flow.step("read")
    def read(self, row: int):  # E: [stepkit-key-type] step "read" ... "row" ... "int" ... "get" ... "int | None"
        return {"plus": row + 1}

    @flow.step("fine")
    def fine(self, row: int | None):
        return {"fine": row}
