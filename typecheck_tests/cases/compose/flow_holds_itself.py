# A flow that holds itself is refused when the class is created; the plugin does not hang.
from __future__ import annotations

from typing import TypedDict

from stepkit import Flow, flow


class Input(TypedDict):
    a: int


class Outer(Flow[Input]):
    again = flow.subflow("again", lambda self: Outer())  # N: "again" runs Outer

    @flow.step("one")
    def one(self, a):
        return {"b": a}
