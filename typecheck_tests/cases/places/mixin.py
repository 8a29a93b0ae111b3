# A mixin with helper methods, a base that adds class options, and flows without input among several bases.
from typing import Generic, TypedDict, TypeVar

from probe import assert_type
from stepkit import Flow, flow


class Input(TypedDict):
    a: int


class Helpers:
    def text(self, n: int) -> str:
        return str(n)


class Mixed(Helpers, Flow[Input], log=True, name="mixed"):
    @flow.step("one")
    def one(self, a):
        return {"b": self.text(a)}


assert_type(Mixed().run_sync({"a": 1})["b"], str)


class Root(Flow[Input]):
    @flow.step("init")
    def init(self, a):
        return {"trace": [a]}


class Log(Flow):
    @flow.step("log")
    def log(self):
        return {"logged": True}


class LogFirst(Log, Root):
    @flow.step("fin")
    def fin(self, a, logged, trace):
        assert_type(a, int)
        return {"fin": (logged, trace)}


class LogLast(Root, Log):
    @flow.step("fin")
    def fin(self, logged, trace, typo):  # E(typo): [stepkit-missing-key]
        return {"fin": (logged, trace, typo)}


assert_type(LogFirst().run_sync({"a": 1})["fin"], tuple[bool, list[int]])
LogFirst().run_sync({})  # E: [typeddict-item] Missing key "a"


class MoreInput(Input):
    extra: str


class Wider(Root, Flow[MoreInput]):  # pyright: ignore[reportGeneralTypeIssues]
    """A subclass that needs one key more."""

    @flow.step("more")
    def more(self, extra, trace):
        assert_type(extra, str)
        return {"more": extra}


class WiderLog(Log, Wider):
    @flow.step("last")
    def last(self, extra, a):
        assert_type(a, int)
        return {"last": extra}


assert_type(WiderLog().run_sync({"a": 1, "extra": ""})["last"], str)
Wider().run_sync({"a": 1})  # E: [typeddict-item] Missing key "extra"
InputT = TypeVar("InputT")


class House(Flow[InputT], Generic[InputT]):
    @flow.step("house")
    def house(self):
        return {"house": True}


class InHouse(Log, House[Input]):
    @flow.step("one")
    def one(self, a, house, logged):
        assert_type(a, int)
        return {"b": (house, logged)}


assert_type(InHouse().run_sync({"a": 1})["b"], tuple[bool, bool])
