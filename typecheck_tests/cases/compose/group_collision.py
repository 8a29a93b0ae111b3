# Members that collide under merge="error", with each other or with the context.
from typing import TypedDict

from stepkit import Flow, flow


class Input(TypedDict):
    topic: str


class Members(Flow[Input]):
    signals = flow.parallel("gather", merge="error")

    @signals.step
    def first(self, topic):
        return {"x": 1}

    @signals.step
    def second(self, topic):
        return {"x": 2, "y": 1}  # E: [stepkit-collision] "x"


class WithContext(Flow[Input]):
    signals = flow.parallel("gather", merge="error")

    @signals.step
    def first(self, topic):
        return {"topic": 1}  # E: [stepkit-collision] "topic"


class Fine(Flow[Input]):
    signals = flow.parallel("gather", merge="error")

    @signals.step
    def first(self, topic):
        return {"x": 1}

    @signals.step
    def second(self, topic):
        return {"y": 2}
