# An inherited step that no longer gets its key: said at the class that broke it.
from typing import TypedDict

from stepkit import Flow, flow


class Input(TypedDict):
    a: int


class Base(Flow[Input]):
    @flow.step("one")
    def one(self, a):
        return {"b": str(a)}

    @flow.step("two")
    def two(self, b: str):
        return {"c": [b]}


class Broken(Base):
    @flow.step("one")
    def one(self, a):  # E: [stepkit-missing-key] step "two" reads "b"
        return {"renamed": str(a)}


class Fine(Base):
    @flow.step("one")
    def one(self, a):
        return {"b": "x", "more": 1}
