# A step that returns None, or nothing, or that has no return at all, adds nothing.
from typing import TypedDict

from probe import assert_type
from stepkit import Flow, flow


class Input(TypedDict):
    a: int


class Silent(Flow[Input]):
    @flow.step("none")
    def none(self, a):
        return None

    @flow.step("bare")
    def bare(self, a):
        if a > 1:
            return
        print(a)

    @flow.step("nothing")
    async def nothing(self):
        print("hello")

    @flow.step("empty")
    def empty(self):
        return {}


assert_type(Silent().run_sync({"a": 1}), Input)
