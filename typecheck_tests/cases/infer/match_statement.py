# A match that covers every case is never left without a return.
from typing import Literal, TypedDict

from probe import assert_type
from stepkit import Flow, flow


class Input(TypedDict):
    color: Literal["red", "green"]


class Matches(Flow[Input]):
    @flow.step("weigh")
    def weigh(self, color):
        match color:
            case "red":
                return {"weight": 1}
            case "green":
                return {"weight": 2}


class Out(TypedDict):
    color: Literal["red", "green"]
    weight: int


assert_type(Matches().run_sync({"color": "red"}), Out)
