# A value that may be None is certain all the same.
from typing import TypedDict

from probe import assert_type
from stepkit import Flow, flow


class Input(TypedDict):
    rows: dict[str, int]


class Gets(Flow[Input]):
    @flow.step("get")
    def get(self, rows):
        return {"row": rows.get("x")}

    @flow.step("read")
    def read(self, row):
        assert_type(row, int | None)
        return {"plus": row + 1}  # E: [operator] # N: "int | None"
