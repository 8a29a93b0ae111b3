# A parallel group: members see the same context, their keys are merged.
from typing import TypedDict

from probe import assert_type
from stepkit import Flow, flow


class Input(TypedDict):
    topic: str


class Signals(Flow[Input]):
    signals = flow.parallel("gather-signals")

    @signals.step
    async def market_size(self, topic):
        assert_type(topic, str)
        return {"size": len(topic)}

    @signals.step("news")
    def news(self, topic):
        return {"news": [topic]}

    @flow.step("report")
    def report(self, size, news):
        assert_type(size, int)
        assert_type(news, list[str])
        return {"text": f"{size} {news}"}


class Out(TypedDict):
    topic: str
    size: int
    news: list[str]
    text: str


assert_type(Signals().run_sync({"topic": "x"}), Out)
