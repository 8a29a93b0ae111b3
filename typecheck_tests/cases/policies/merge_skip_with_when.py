# merge="skip" under when.
from typing import NotRequired, TypedDict

from probe import assert_type
from stepkit import Flow, flow


class Input(TypedDict):
    a: int
    b: NotRequired[int]


class Skip(Flow[Input]):
    @flow.step("keep", merge="skip", when=lambda a: a > 1)
    def keep(self):
        return {"a": "x", "b": "x", "c": "x"}


class Out(TypedDict):
    a: int
    b: NotRequired[int | str]
    c: NotRequired[str]


assert_type(Skip().run_sync({"a": 1}), Out)
