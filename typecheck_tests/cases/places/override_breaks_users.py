# A subclass stands where its base is asked for: a step that is redefined gives what users of the base read.
from typing import TypedDict

from stepkit import Flow, flow


class Input(TypedDict):
    a: int


class Inner(Flow[Input]):
    @flow.step("inner")
    def inner(self, a):
        return {"x": a}


class OtherInner(Flow[Input]):
    @flow.step("inner")
    def inner(self, a):
        return {"x": str(a)}


class Base(Flow[Input]):
    @flow.step("load")
    def load(self, a):
        return {"total": a, "label": str(a)}

    group = flow.parallel("group")

    @group.step("member")
    def member(self, a):
        return {"m": a}

    nested = flow.subflow("nested", Inner)

    @flow.step("mark")
    def mark(self, a):
        return {"a": a * 2.5}


def show(flow: Base, kind: type[Base]) -> int:
    return flow.run_sync({"a": 1})["total"] + kind().run_sync({"a": 1})["m"]


class OtherType(Base):
    @flow.step("load")
    def load(self, a):  # E(def): [stepkit-override-step] step "load" of OtherType gives "total" as "str", but users of Base may read it as "int"; keep what they read, or, where OtherType never stands in, add # type: ignore[stepkit-override-step]
        return {"total": str(a), "label": ""}


class Gone(Base):
    @flow.step("load")
    def load(self, a):  # E: [stepkit-override-step] step "load" of Gone does not give "total", which users of Base may read; step "load" of Gone does not give "label", which users of Base may read; keep
        return {"sum": a}


class GivesNothing(Base):
    @flow.step("load")
    def load(self, a):  # E: [stepkit-override-step] does not give "total" ... does not give "label"
        print(a)


class MayBeMissing(Base):
    @flow.step("load", when=lambda a: a > 1)
    def load(self, a):  # E: [stepkit-override-step] in MayBeMissing "total", which users of Base may read, may be missing: step "load" gives it, but step "load" has a condition (when=); in MayBeMissing "label" ... keep what they read
        return {"total": a, "label": ""}


class NotAlways(Base):
    @flow.step("load")
    def load(self, a):  # E: [stepkit-override-step] in NotAlways "label", which users of Base may read, may be missing: step "load" gives it, but not every return gives it; keep
        return {"total": a, "label": ""} if a else {"total": 0}


class Optional(Base):
    @flow.step("load")
    def load(self, a) -> "MaybeTotal":  # E: [stepkit-override-step] gives "total" as "int | None", but users of Base may read it as "int"
        return {"total": None, "label": ""}


class MaybeTotal(TypedDict):
    total: int | None
    label: str


class AddsStep(Base):
    @flow.step("late")
    def late(self, total):  # E: [stepkit-override-step] step "late" of AddsStep gives "total" as "str"
        return {"total": str(total)}


class Reshapes(Base):
    @flow.transform("reshape")
    def reshape(self, total, m, x, a):  # E: [stepkit-override-step] step "reshape" of Reshapes does not give "label"
        return {"total": total, "m": m, "x": x, "a": a}


class OtherMember(Base):
    group = flow.parallel("group")

    @group.step("member")
    def member(self, a):  # E: [stepkit-override-step] step "group/member" of OtherMember gives "m" as "str", but users of Base may read it as "int"
        return {"m": str(a)}


class OtherNested(Base):
    nested = flow.subflow("nested", OtherInner)  # E(nested): [stepkit-override-step] step "nested/inner" of OtherNested gives "x" as "str"


class LeavesTheInput(Base):
    @flow.step("mark")
    def mark(self, a):
        return {"marked": True}


class TwoSteps(Base):
    @flow.step("load")
    def load(self, a):  # E: [stepkit-override-step] "total" as "str"
        return {"total": str(a), "label": ""}

    @flow.step("mark")
    def mark(self, a):  # E: [stepkit-override-step] "a" as "str"
        return {"a": str(a)}


class OfASubclass(OtherType):
    @flow.step("load")
    def load(self, a):  # E: [stepkit-override-step] "total" as "int", but users of OtherType may read it as "str"
        return {"total": a, "label": ""}


class SeenInEvents(Flow):
    @flow.step("draft")
    def draft(self):
        return {"text": "a"}

    @flow.step("done")
    def done(self):
        return {"text": "b"}


class OtherEvent(SeenInEvents):
    @flow.step("draft")
    def draft(self):  # E: [stepkit-override-step] step "draft" of OtherEvent gives "text" as "int"
        return {"text": 1}


class Left(Base):
    pass


class Right(Base):
    @flow.step("load")
    def load(self, a):  # E: [stepkit-override-step] "total" as "str"
        return {"total": str(a), "label": ""}


class Both(Left, Right):  # E(class): [stepkit-override-step] step "load" of Both gives "total" as "str", but users of Left may read it as "int"
    pass


class Loaded(TypedDict):
    total: str
    label: str


class MixinStr:
    @flow.step("load")
    def load(self, a: int) -> Loaded:
        return {"total": "", "label": ""}


class MixedIn(MixinStr, Base):  # E(class): [stepkit-override-step] step "load" of MixedIn gives "total" as "str"
    pass


class OptedOut(Base):
    @flow.step("load")
    def load(self, a):  # type: ignore[stepkit-override-step]
        return {"total": str(a), "label": ""}


class BelowIt(OptedOut):
    @flow.step("more")
    def more(self, total: str):
        return {"more": total}


class IgnoredAtTheDecorator(Base):
    @flow.step("load")  # type: ignore[stepkit-override-step]
    def load(self, a):
        return {"total": str(a), "label": ""}


class IgnoredAtTheClass(Base):  # type: ignore[stepkit-override-step]
    @flow.step("load")
    def load(self, a):
        return {"total": str(a), "label": ""}

    @Base.group.step("member")
    def member(self, a):
        return {"m": str(a)}


class WrongByItself(Base):  # E: [stepkit-missing-key] step "member" reads "a"
    @flow.transform("load")
    def load(self, a):
        return {"total": a, "label": ""}
