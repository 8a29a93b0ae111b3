# A class above that holds the flow's output.
from __future__ import annotations

from dataclasses import dataclass
from typing import TypedDict

from probe import assert_type
from stepkit import Flow, flow


@dataclass
class Record:
    output: Calc.Output
    events: list[Calc.Event]


class Input(TypedDict):
    a: int


class Calc(Flow[Input]):
    @flow.step("one")
    def one(self, a):
        return {"b": str(a)}


def read(record: Record) -> None:
    assert_type(record.output["b"], str)
    for event in record.events:
        assert_type(event.context["b"], str)
