# An inherited step that no longer gets its key, or gets it with another type than its body was checked with: said at
# the class that broke it.
from typing import TypedDict

from stepkit import Flow, flow


class Input(TypedDict):
    a: int


class Base(Flow[Input]):
    @flow.step("one")
    def one(self, a):
        return {"b": str(a)}

    @flow.step("two")
    def two(self, b):
        return {"c": b.upper()}


class Broken(Base):  # E: [stepkit-missing-key] step "two" reads "b"
    @flow.step("one")
    def one(self, a):
        return {"renamed": str(a)}


class OtherType(Base):  # E: [stepkit-key-type] step "two" ... "b" ... "str" ... "one" ... "int"
    @flow.step("one")
    def one(self, a):
        return {"b": a}


class Fine(Base):
    @flow.step("one")
    def one(self, a):
        return {"b": "x", "more": 1}
