# A default that is always taken is said once, where it stands: not again of what runs the flow.
from typing import TypedDict

from stepkit import Flow, flow


class Input(TypedDict):
    a: int


class Inner(Flow[Input]):
    @flow.step("one")
    def one(self, a, opt=None):  # E: [stepkit-useless-default] step "one" reads "opt"
        return {"b": a}


class Annotated(Flow[Input]):
    @flow.step("one")
    def one(self, a, opt: str = ""):  # E: [stepkit-useless-default] step "one" reads "opt"
        return {"b": a}


class Outer(Flow[Input]):
    @flow.step("zero")
    def zero(self, a):
        return {"opt": 1}

    inner = flow.subflow("inner", Inner)
    annotated = flow.subflow("annotated", Annotated)  # E: [stepkit-nested-input] it wants "opt" as "str"
