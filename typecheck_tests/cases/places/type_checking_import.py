# --- calc.py
from typing import TypedDict

from stepkit import Flow, flow


class Input(TypedDict):
    a: int


class Calc(Flow[Input]):
    @flow.step("one")
    def one(self, a):
        return {"b": str(a)}

# --- main.py
from __future__ import annotations

from typing import TYPE_CHECKING

from probe import assert_type

if TYPE_CHECKING:
    from .calc import Calc


def show(output: Calc.Output, e: Calc.Event) -> None:
    assert_type(output["b"], str)
    assert_type(e.context["b"], str)
