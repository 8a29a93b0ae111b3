# A nested flow that requires a key which may be missing.
from typing import NotRequired, TypedDict

from stepkit import Flow, flow


class InnerInput(TypedDict):
    user: int


class LooseInput(TypedDict):
    user: NotRequired[int]


class Inner(Flow[InnerInput]):
    @flow.step("fetch")
    def fetch(self, user):
        return {"session": str(user)}


class Loose(Flow[LooseInput]):
    @flow.step("fetch")
    def fetch(self, user=0):
        return {"other": str(user)}


class Input(TypedDict):
    user: NotRequired[int]


class Outer(Flow[Input]):
    load = flow.subflow("load", Inner)  # E: [stepkit-nested-input] "load" ... "user"
    fine = flow.subflow("fine", Loose)
