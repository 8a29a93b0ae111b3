# Two members that give the same key: table order decides.
from typing import TypedDict

from probe import assert_type
from stepkit import Flow, flow


class Input(TypedDict):
    topic: str


class Last(Flow[Input]):
    signals = flow.parallel("gather")

    @signals.step
    def first(self, topic):
        return {"x": 1}

    @signals.step
    def second(self, topic):
        return {"x": "x"}


class Out(TypedDict):
    topic: str
    x: str


assert_type(Last().run_sync({"topic": "x"}), Out)
