# A spread of a conditional display may give the key or not.
from typing import NotRequired, TypedDict

from probe import assert_type
from stepkit import Flow, flow


class Input(TypedDict):
    big: bool


class Spread(Flow[Input]):
    @flow.step("give")
    def give(self, big):
        return {"a": 1, **({"b": 2} if big else {})}


class Out(TypedDict):
    big: bool
    a: int
    b: NotRequired[int]


assert_type(Spread().run_sync({"big": True}), Out)
