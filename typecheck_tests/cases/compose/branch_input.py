# A case whose input the context does not satisfy.
from typing import TypedDict

from stepkit import Flow, flow


class Input(TypedDict):
    n: int


class TextInput(TypedDict):
    n: str


class MoreInput(TypedDict):
    n: int
    more: int


class Fine(Flow[Input]):
    @flow.step("one")
    def one(self, n):
        return {"kind": "even"}


class Text(Flow[TextInput]):
    @flow.step("one")
    def one(self, n):
        return {"kind": "text"}


class More(Flow[MoreInput]):
    @flow.step("one")
    def one(self, n, more):
        return {"kind": "more"}


class Route(Flow[Input]):
    @flow.branch(
        "route",
        cases={
            "fine": Fine,
            "text": Text,  # E: [stepkit-nested-input] "text" ... "n"
            "more": More,  # E: [stepkit-nested-input] "more" ... "more"
        },
    )
    def route(self, n):
        if n > 3:
            return "text"
        return "fine" if n > 1 else "more"

    @flow.step("read")
    def read(self, kind):
        return {"done": kind}
