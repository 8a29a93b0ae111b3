# A member cannot read what another member gives.
from typing import TypedDict

from stepkit import Flow, flow


class Input(TypedDict):
    topic: str


class Signals(Flow[Input]):
    signals = flow.parallel("gather")

    @signals.step
    def first(self, topic):
        return {"size": len(topic)}

    @signals.step
    def second(self, size):  # E: [stepkit-missing-key] second" reads "size"
        return {"news": size}

    @flow.step("after")
    def after(self, size, news):
        return {"text": size}
