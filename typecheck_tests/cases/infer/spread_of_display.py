# A spread of a display or of dict() is as known as the display.
from typing import TypedDict

from probe import assert_type
from stepkit import Flow, flow


class Spread(Flow):
    @flow.step("give")
    def give(self):
        return {**{"a": 1}, **dict(b="x")}


class Out(TypedDict):
    a: int
    b: str


assert_type(Spread().run_sync(), Out)
