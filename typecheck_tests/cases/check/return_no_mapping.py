# A return that is no mapping: mypy's or the plugin's error, at the return.
from typing import TypedDict

from stepkit import Flow, flow


class Input(TypedDict):
    a: int


class Wrong(Flow[Input]):
    @flow.step("number")
    def number(self, a):
        return 5  # E: "int"

    @flow.step("list")
    async def listed(self, a):
        return [a]  # E: "list[

    @flow.step("fine")
    def fine(self, a):
        return {"b": a}
