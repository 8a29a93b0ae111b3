# What a generic flow gives has the types of the subclass's, or the nested flow's, type arguments.
from typing import Generic, TypedDict, TypeVar

from probe import assert_type
from stepkit import Flow, flow

T = TypeVar("T")


class Input(TypedDict):
    key: str


class Load(Flow[Input], Generic[T]):
    def __init__(self, source: T) -> None:
        self.source = source

    @flow.step("load")
    def load(self, key):
        return {"loaded": self.source, "pair": (key, [self.source])}

    group = flow.parallel("group")

    @group.step
    def one(self, loaded):
        return {"one": loaded}

    @group.step
    def two(self, pair: tuple[str, list[T]]):
        return {"two": pair[1]}


class LoadNumber(Load[int]):
    @flow.step("use")
    def use(self, loaded, one, two):
        return {"next": loaded + 1, "sum": sum(two, one)}

    @flow.step("wrong")
    def wrong(self, loaded: str):  # E: [stepkit-key-type] step "wrong" reads "loaded" as "str", but step "load" gives it as "int"
        return {}


class LoadTable(Load[dict[str, T]]):
    @flow.step("values")
    def values(self, loaded):
        return {"values": list(loaded.values())}


class LoadBytes(LoadTable[bytes]):
    pass


class Holds(Flow[Input]):
    inner = flow.subflow("inner", LoadNumber(1))
    again = flow.subflow("again", Load(2.5))

    @flow.step("after")
    def after(self, loaded, next):
        return {"after": loaded, "before": next}


number = LoadNumber(1).run_sync({"key": ""})
assert_type(number["next"], int)
assert_type(number["two"], list[int])
assert_type(Load("x").run_sync({"key": ""})["loaded"], str)
assert_type(LoadBytes({}).run_sync({"key": ""})["values"], list[bytes])
held = Holds().run_sync({"key": ""})
assert_type(held["after"], float)
assert_type(held["before"], int)
