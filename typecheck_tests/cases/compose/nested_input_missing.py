# A nested flow whose input the context does not satisfy: a key is missing.
from typing import TypedDict

from stepkit import Flow, flow


class InnerInput(TypedDict):
    user: int


class Inner(Flow[InnerInput]):
    @flow.step("fetch")
    def fetch(self, user):
        return {"session": str(user)}


class Input(TypedDict):
    user_id: int


class Outer(Flow[Input]):
    load = flow.subflow("load", Inner)  # E: [stepkit-nested-input] "load" ... "user"

    @flow.step("after")
    def after(self, session):
        return {"done": session}
