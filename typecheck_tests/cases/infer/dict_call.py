# dict(a=1) is as good as a display.
from typing import TypedDict

from probe import assert_type
from stepkit import Flow, flow


class Call(Flow):
    @flow.step("give")
    def give(self):
        return dict(a=1, b="x")


class Out(TypedDict):
    a: int
    b: str


assert_type(Call().run_sync(), Out)
