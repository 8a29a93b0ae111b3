# A value of type Any is a known key with an unknown value: nothing is open.
from typing import Any, TypedDict

from stepkit import Flow, flow


class Input(TypedDict):
    raw: Any


class Values(Flow[Input]):
    @flow.step("parse")
    def parse(self, raw):
        return {"rows": raw["rows"]}

    @flow.step("read")
    def read(self, rows, zum):  # E: [stepkit-missing-key] "zum"
        return {"first": rows[0]}
