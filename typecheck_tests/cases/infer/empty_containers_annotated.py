# An empty list has no type of its own: a local annotation gives it one.
from probe import assert_type
from stepkit import Flow, flow


class Empty(Flow):
    @flow.step("give")
    def give(self):
        rows: list[str] = []
        return {"rows": rows, "index": dict[str, int]()}

    @flow.step("read")
    def read(self, rows, index):
        assert_type(rows, list[str])
        assert_type(index, dict[str, int])
