# --- calc.py
from __future__ import annotations

from typing import TypedDict

from stepkit import Flow, flow


def above() -> str:
    return Calc().run_sync({"a": 1})["b"]


class Input(TypedDict):
    a: int


class Calc(Flow[Input]):
    @flow.step("one")
    def one(self, a):
        return {"b": str(a)}

# --- calc.py (2)
from __future__ import annotations

from typing import TypedDict

from stepkit import Flow, flow


def above() -> str:
    new_line = Calc().run_sync({"a": 1})
    print(new_line["c"])  # E: "c"
    return new_line["b"]


class Input(TypedDict):
    a: int


class Calc(Flow[Input]):
    @flow.step("one")
    def one(self, a):
        return {"b": str(a)}

# --- calc.py (3)
from __future__ import annotations

from typing import TypedDict

from stepkit import Flow, flow


def above() -> str:
    return Calc().run_sync({"a": 1})["b"]  # E: [return-value] "int"


class Input(TypedDict):
    a: int


class Calc(Flow[Input]):
    @flow.step("one")
    def one(self, a):
        return {"b": a}
