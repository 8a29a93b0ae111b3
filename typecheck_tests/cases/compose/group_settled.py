# In a settled group each member may fail: nothing that it gives is certain.
from typing import NotRequired, TypedDict

from probe import assert_type
from stepkit import Flow, flow


class Input(TypedDict):
    topic: str


class Signals(Flow[Input]):
    signals = flow.parallel("gather", mode="settled")

    @signals.step
    async def first(self, topic):
        return {"size": len(topic), "topic": 1}

    @signals.step
    async def second(self, topic):
        return {"news": topic}

    @flow.step("wrong")
    def wrong(self, size):  # E: [stepkit-maybe-missing] step "wrong" reads "size" ... settled
        return None

    @flow.step("fine")
    def fine(self, size=0, news=""):
        assert_type(size, int)


class Out(TypedDict):
    topic: str | int
    size: NotRequired[int]
    news: NotRequired[str]


assert_type(Signals().run_sync({"topic": "x"}), Out)
