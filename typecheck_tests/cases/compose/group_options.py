# Options of the group and of its members.
from typing import NotRequired, TypedDict

from probe import assert_type
from stepkit import Flow, flow


class Input(TypedDict):
    topic: str


class Whole(Flow[Input]):
    signals = flow.parallel("gather", when=lambda topic: topic != "")

    @signals.step
    def first(self, topic):
        return {"size": len(topic)}


class Member(Flow[Input]):
    signals = flow.parallel("gather", timeout=3)

    @signals.step(when=lambda topic: topic.isupper())
    def first(self, topic):
        return {"size": len(topic)}

    @signals.step(retries=3)
    def second(self, topic):
        return {"news": topic}


class WholeOut(TypedDict):
    topic: str
    size: NotRequired[int]


class MemberOut(TypedDict):
    topic: str
    size: NotRequired[int]
    news: str


assert_type(Whole().run_sync({"topic": "x"}), WholeOut)
assert_type(Member().run_sync({"topic": "x"}), MemberOut)
