# What is nested must be a flow: a class, an instance, or a function that makes one.
from functools import partial
from typing import TypedDict

from stepkit import Flow, flow


class Input(TypedDict):
    a: int


class Plain:
    pass


class Fine(Flow[Input]):
    @flow.step("one")
    def one(self, a):
        return {"b": a}


def make(outer: object) -> Fine:
    return Fine()


class Outer(Flow[Input]):
    fine = flow.subflow("fine", Fine)
    instance = flow.subflow("instance", Fine())
    made = flow.subflow("made", make)

    @flow.step("two")
    def two(self, b):
        return {"c": b}


class Callable(Flow[Input]):
    """What has a call may make a flow."""

    partly = flow.subflow("partly", partial(make))  # N: nested flow "partly"


class Wrong(Flow[Input]):
    number = flow.subflow("number", 3)  # E: [stepkit-no-flow] nested flow "number" ... not "int"
    typed = flow.subflow("typed", Input)  # E: [stepkit-no-flow] nested flow "typed" ... not "type[Input]"
    plain = flow.subflow("plain", Plain)  # E: [stepkit-no-flow] nested flow "plain"
    nothing = flow.subflow("nothing", None)  # E: [stepkit-no-flow] nested flow "nothing" ... not "None"
    made = flow.subflow("made", lambda self: Plain())  # E: [stepkit-no-flow] nested flow "made"
    group = flow.parallel("group")
    member = group.subflow("Fine", name="member")  # E: [stepkit-no-flow] member "member" ... not "str"

    @flow.branch(
        "route",
        cases={
            "fine": Fine,
            "text": "Fine",  # E: [stepkit-no-flow] case "text" of branch "route" ... not "str"
            "typed": Input,  # E: [stepkit-no-flow] case "typed" of branch "route"
            "made": lambda self: self.number,  # E: [stepkit-no-flow] case "made" of branch "route"
        },
    )
    def route(self, a):
        return "fine"
