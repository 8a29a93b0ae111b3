# After an annotation that does not fit, the step's own return counts.
from typing import TypedDict

from probe import assert_type
from stepkit import Flow, flow


class Input(TypedDict):
    a: int


class Once(Flow[Input]):
    @flow.step("wrong")
    def wrong(self, a: str):  # E(a: str): [stepkit-key-type] step "wrong" ... "a" ... "str" ... "int"
        return {"b": a}

    @flow.step("right")
    def right(self, a: int, b: str):
        return {"c": a, "d": b}


class Out(TypedDict):
    a: int
    b: str
    c: int
    d: str


assert_type(Once().run_sync({"a": 1}), Out)
