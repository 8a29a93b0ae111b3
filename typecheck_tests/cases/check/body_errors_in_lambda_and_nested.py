# Also inside lambdas, comprehensions and nested functions of a body.
from typing import TypedDict

from stepkit import Flow, flow


class Input(TypedDict):
    rows: list[int]


class Bodies(Flow[Input]):
    @flow.step("sort")
    def sort(self, rows):
        return {
            "sorted": sorted(rows, key=lambda row: -row),
            "upper": [row.upper() for row in rows],  # E: [attr-defined] "upper"
        }

    @flow.step("nested")
    def nested(self, rows):
        def total() -> int:
            return sum(rows) + rows  # E: [operator]

        return {"total": total()}
