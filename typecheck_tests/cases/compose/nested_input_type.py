# A nested flow whose input the context does not satisfy: a type does not fit.
from typing import TypedDict

from stepkit import Flow, flow


class InnerInput(TypedDict):
    user: int


class Inner(Flow[InnerInput]):
    @flow.step("fetch")
    def fetch(self, user):
        return {"session": str(user)}


class Input(TypedDict):
    raw: str


class Outer(Flow[Input]):
    @flow.step("read")
    def read(self, raw):
        return {"user": raw}

    load = flow.subflow("load", Inner)  # E: [stepkit-nested-input] "load" ... "user" ... "int" ... "str"
