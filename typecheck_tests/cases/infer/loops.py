# A loop without end returns only from inside; a loop with an end may be left.
from typing import NotRequired, TypedDict

from probe import assert_type
from stepkit import Flow, flow


class Input(TypedDict):
    rows: list[int]


class Loops(Flow[Input]):
    @flow.step("endless")
    def endless(self, rows):
        while True:
            if rows:
                return {"a": rows[0]}
            rows = [1]

    @flow.step("search")
    def search(self, rows):
        for row in rows:
            if row > 3:
                return {"found": row}


class Out(TypedDict):
    rows: list[int]
    a: int
    found: NotRequired[int]


assert_type(Loops().run_sync({"rows": []}), Out)
