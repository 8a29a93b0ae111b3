# since mypy 2.4
# --- calc.py
from __future__ import annotations

from typing import TypedDict

from probe import assert_type
from stepkit import Flow, flow

from . import report


class Input(TypedDict):
    a: int


class Calc(Flow[Input]):
    @flow.step("one")
    def one(self, a):
        return {"b": str(a)}

    @flow.step("two")
    def two(self, b):
        return report.make(b)

    @flow.step("three")
    def three(self, title):
        assert_type(title, str)

# --- report.py
from __future__ import annotations

from typing import TypedDict

from probe import assert_type

from . import calc


class Report(TypedDict):
    title: str


def make(text: str) -> Report:
    return {"title": text}


def read(output: calc.Calc.Output) -> str:
    assert_type(output["title"], str)
    return output["b"]


def run() -> str:
    result = calc.Calc().run_sync({"a": 1})
    assert_type(result["b"], str)
    return result["title"]


def wrong() -> int:
    return calc.Calc().run_sync({"a": 1})["title"]  # E: [return-value]
