# One note, where the context becomes unknown; a second open step adds none.
from typing import Any, TypedDict

from stepkit import Flow, flow


class Input(TypedDict):
    a: int


class Open(Flow[Input]):
    @flow.step("one")
    def one(self) -> dict[str, Any]:  # N: step "one"
        return {}

    @flow.step("two")
    def two(self) -> dict[str, Any]:
        return {}
