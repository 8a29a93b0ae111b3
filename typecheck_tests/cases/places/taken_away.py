# A subclass goes without an inherited step, group, branch or nested flow; no checker finds fault with it.
from typing import Any, TypedDict

from probe import assert_type
from stepkit import Flow, flow


class Input(TypedDict):
    a: int


class Inner(Flow[Input]):
    @flow.step
    def inside(self, a: int):
        return {"x": a}


class Base(Flow[Input]):
    @flow.step
    def bare(self, a: int):
        return {"b": a}

    @flow.step()
    def called(self, a: int):
        return {"c": a}

    @flow.step("named")
    def named(self, a: int):
        return {"d": a}

    @flow.transform
    def whole(self, context, /):
        return {"a": 1, "e": 1}

    load = flow.subflow("load", Inner)
    group = flow.parallel("group")
    small = flow.parallel("small")

    @group.step
    def member(self, a: int):
        return {"f": a}

    nested = group.subflow(Inner, name="nested")

    @small.step
    def bare_member(self, a: int):
        return {"g": a}

    @small.step("other-member")
    def other_member(self, a: int):
        return {"h": a}

    @flow.branch("route", cases={"x": Inner})
    def route(self):
        return "x"


class Without(Base):
    bare = None
    called = None
    named: Any = None
    whole = None
    load = None
    group = None
    member = None
    nested = None
    bare_member = None
    route = None


class Left(TypedDict):
    a: int
    h: int


assert_type(Without().run_sync({"a": 1}), Left)


class Redefined(Base):
    @flow.step
    def bare(self, a: int, context: int = 1):  # E: [stepkit-useless-default]
        return {"b": a + context}

    @flow.step("called")
    async def called(self, b: int):  # E: [stepkit-override-step] "c" as "str", but users of Base may read it as "int"
        return {"c": str(b)}


class WithoutLoad(Base):
    load = None


class WithoutNested(Base):
    nested = None


class Swapped(Base):
    named = flow.subflow("named", Inner)
    load = flow.parallel("load")

    @load.step
    def loaded(self, a: int):
        return {"x": a}


assert_type(WithoutLoad.load, None)
