# A step that is built on the one it redefines: super().step(...) and Base.step(self, ...) are the plain method.
from typing import TypedDict

from probe import assert_type
from stepkit import Flow, flow


class Input(TypedDict):
    a: int


class One(TypedDict):
    b: int


class Two(TypedDict):
    c: str


class Inner(Flow[Input]):
    @flow.step("inner")
    def inner(self, a):
        return {"d": a}


class Base(Flow[Input]):
    @flow.step("one")
    def one(self, a):
        return {"b": a}

    @flow.step("two")
    async def two(self, b: int):
        return {"c": str(b)}

    @flow.branch("route", cases={"inner": Inner})
    def route(self, a):
        return "inner" if a else None


class Sub(Base):
    @flow.step("one")
    def one(self, a):
        given = super().one(a)
        assert_type(given, One)
        return {**given, "z": given["b"] + 1}

    @flow.step("two")
    async def two(self, b: int):
        given = await Base.two(self, b)
        assert_type(given, Two)
        return {**given, "e": 2}

    @flow.branch("route", cases={"inner": Inner, "other": Inner})
    def route(self, a):
        return super().route(a) or "other"

    @flow.step("three")
    def three(self, z, c, d, e, zum):  # E: [stepkit-missing-key] step "three" reads "zum"
        assert_type(z, int)
        assert_type(c, str)
        assert_type(d, int)
        return None


class Wrong(Base):
    @flow.step("one")
    def one(self, a):
        return super().one("x")  # E: incompatible type "str"; expected "int"

    @flow.step("two")
    async def two(self, b: int):
        return await Base.two(self)  # E: Missing positional argument "b" in call to "two" of "Base"
