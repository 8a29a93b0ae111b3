# The parameters of a container's when are typed, too.
from typing import TypedDict

from stepkit import Flow, flow


class Input(TypedDict):
    a: int


class Inner(Flow[Input]):
    @flow.step("one")
    def one(self, a):
        return {"b": 1}


class Outer(Flow[Input]):
    load = flow.subflow("load", Inner, when=lambda zum: zum)  # E: [stepkit-when] "load" ... "zum"
    again = flow.subflow("again", Inner, when=lambda a: a.upper())  # E: [attr-defined] "upper"
