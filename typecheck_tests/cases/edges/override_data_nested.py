# A key that only the input of a flow inside names: an override goes into every open context, that one too.
from typing import NotRequired, TypedDict

from stepkit import Flow, flow


class Input(TypedDict):
    a: int


class SessionInput(TypedDict):
    a: int
    limit: NotRequired[int]


class DeepInput(TypedDict):
    a: int
    depth: NotRequired[str]


class Deep(Flow[DeepInput]):
    @flow.step("deep")
    def deep(self, a, depth="x"):
        return {"d": f"{a}{depth}"}


class Session(Flow[SessionInput]):
    @flow.step("fetch")
    def fetch(self, a, limit=3):
        return {"user": a * limit}

    inside = flow.subflow("inside", Deep)


class Even(Flow[SessionInput]):
    @flow.step("even")
    def even(self, a, limit=1):
        return {"even": a + limit}


class Nested(Flow[Input]):
    load = flow.subflow("load", Session)


class Chosen(Flow[Input]):
    @flow.branch("route", cases={"even": Even})
    def route(self, a):
        return "even" if a else None


class Together(Flow[Input]):
    group = flow.parallel("group")
    session = group.subflow(Session)


def resume(checkpoint: str) -> None:
    Nested().run_checkpoint_sync(checkpoint, override_data={"limit": 5, "a": 1})
    Nested().run_checkpoint_sync(checkpoint, override_data={"depth": "y"})
    Nested().run_checkpoint_sync(checkpoint, override_data={"limit": "5"})  # E: [stepkit-override] "limit" ... "int"
    Nested().run_checkpoint_sync(checkpoint, override_data={"limt": 5})  # E: [stepkit-override] did you mean "limit"?
    Chosen().run_checkpoint_sync(checkpoint, override_data={"limit": 5})
    Chosen().run_checkpoint_sync(checkpoint, override_data={"depth": "x"})  # E: [stepkit-override] "depth"
    Together().run_checkpoint_sync(checkpoint, override_data={"limit": 5, "depth": "x"})
