# Flows as members.
from typing import TypedDict

from probe import assert_type
from stepkit import Flow, flow


class Input(TypedDict):
    topic: str


class OtherInput(TypedDict):
    topic: int


class Inner(Flow[Input]):
    @flow.step("one")
    def one(self, topic):
        return {"inner": [topic]}


class Wrong(Flow[OtherInput]):
    @flow.step("one")
    def one(self, topic):
        return {"wrong": topic}


class Outer(Flow[Input]):
    signals = flow.parallel("gather")
    inside = signals.subflow(Inner)
    wrong = signals.subflow(Wrong, name="bad")  # E: [stepkit-nested-input] "topic"

    @signals.step
    def beside(self, topic):
        return {"beside": 1}

    @flow.step("after")
    def after(self, inner, wrong, beside):
        assert_type(inner, list[str])
        assert_type(beside, int)


def show(e: Outer.Event) -> None:
    if e.step_name == "gather/inside/one":
        assert_type(e.context["inner"], list[str])
    if e.step_name == "gather":
        assert_type(e.context["inner"], list[str])
