# A nested member that only may write a key leaves what a member before it gave.
from typing import TypedDict

from probe import assert_type
from stepkit import Flow, flow


class Input(TypedDict):
    a: int


class MayWrite(Flow[Input]):
    @flow.step("maybe", when=lambda a: a > 1)
    def maybe(self):
        return {"a": b""}


class Writes(Flow[Input]):
    @flow.step("surely")
    def surely(self):
        return {"a": b""}


class After(Flow[Input]):
    group = flow.parallel("group")

    @group.step
    def first(self):
        return {"a": "x"}

    second = group.subflow(MayWrite)


class Alone(Flow[Input]):
    group = flow.parallel("group")
    only = group.subflow(Writes)


class Before(Flow[Input]):
    group = flow.parallel("group")
    first = group.subflow(MayWrite)

    @group.step
    def second(self):
        return {"a": "x"}


assert_type(After().run_sync({"a": 1})["a"], int | bytes | str)
assert_type(Alone().run_sync({"a": 1})["a"], bytes)
assert_type(Before().run_sync({"a": 1})["a"], str)
