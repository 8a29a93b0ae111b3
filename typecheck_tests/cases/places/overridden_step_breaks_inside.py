# What an override breaks inside an inherited nested flow, case, group's member or condition is said at the class that
# broke it, as for plain steps: once for each mistake, and not what the base has wrong already.
from typing import NotRequired, TypedDict

from stepkit import Flow, flow


class In(TypedDict):
    limit: int


class Inner(Flow[In]):
    @flow.step("use")
    def use(self, limit: int):
        return {"text": str(limit)}


class Nested(Flow):
    @flow.step("limits")
    def limits(self):
        return {"limit": 5}

    inner = flow.subflow("inner", Inner)
    again = flow.subflow("again", lambda self: Inner())


class NestedRenamed(Nested):  # E: [stepkit-nested-input] nested flow "inner": ... "limit" is missing; did you mean "limt"?
    @flow.step("limits")
    def limits(self):
        return {"limt": 5}


class NestedRetyped(Nested):  # E: [stepkit-nested-input] nested flow "inner": ... it wants "limit" as "int" ... "str"
    @flow.step("limits")
    def limits(self):
        return {"limit": "5"}


class NestedMaybe(Nested):  # E: [stepkit-nested-input] nested flow "inner": ... "limit" may be missing
    @flow.step("limits", on_error="continue")
    def limits(self):
        return {"limit": 5}


class NestedWithout(Nested):  # E: [stepkit-nested-input] nested flow "inner": ... "limit" is missing
    limits = None


class NestedFine(Nested):
    @flow.step("limits")
    def limits(self):
        return {"limit": 6, "more": 1}


class Below(NestedRenamed):
    @flow.step("last")
    def last(self, text):
        return {"last": text}


class Mended(NestedRenamed):
    @flow.step("limits")
    def limits(self):  # type: ignore[stepkit-override-step, unused-ignore]
        return {"limit": 5}


class Branched(Flow):
    @flow.step("limits")
    def limits(self):
        return {"limit": 5, "kind": "a"}

    @flow.branch("route", cases={"a": Inner, "b": lambda self: Inner()})
    def route(self, kind: str):
        return "a" if kind == "a" else "b"


class BranchRenamed(Branched):  # E: [stepkit-nested-input] case "a" of branch "route": ... "limit" is missing
    @flow.step("limits")
    def limits(self):
        return {"limt": 5, "kind": "a"}


class BranchRetyped(Branched):  # E: [stepkit-nested-input] case "a" of branch "route": ... it wants "limit" as "int"  # E: [stepkit-key-type] step "route" reads "kind"
    @flow.step("limits")
    def limits(self):
        return {"limit": "5", "kind": 1}


class Grouped(Flow):
    @flow.step("limits")
    def limits(self):
        return {"limit": 5}

    group = flow.parallel("group")
    inner = group.subflow(Inner, name="inner")

    @group.step("beside")
    def beside(self, limit: int):
        return {"beside": limit}


class GroupRenamed(Grouped):  # E: [stepkit-nested-input] member "inner": ... "limit" is missing
    @flow.step("limits")
    def limits(self):
        return {"limt": 5}


class GroupRetyped(Grouped):  # E: [stepkit-nested-input] member "inner": ... it wants "limit" as "int"
    @flow.step("limits")
    def limits(self):
        return {"limit": "5"}


def above(limit: int, more: str = "") -> bool:
    return limit > 4


class When(Flow):
    @flow.step("limits")
    def limits(self):
        return {"limit": 5, "more": "x"}

    @flow.step("first", when=lambda limit: limit > 4)
    def first(self):
        return {"x": 1}

    @flow.step("second", when=above)
    def second(self):
        return {"y": 1}


class WhenRenamed(When):  # E: [stepkit-when] the condition of step "first" reads "limit", which no earlier step provides
    @flow.step("limits")
    def limits(self):
        return {"more": "x"}


class WhenRetyped(When):  # E: [stepkit-when] step "first" reads "limit" as "int", but step "limits" gives it as "str"
    @flow.step("limits")
    def limits(self):  # type: ignore[stepkit-override-step, unused-ignore]
        return {"limit": "5"}


class WhenMaybe(When):  # E: [stepkit-when] the condition of step "first" reads "limit", which may be missing
    @flow.step("limits", when=lambda self: bool(self))
    def limits(self):  # type: ignore[stepkit-override-step, unused-ignore]
        return {"limit": 5}


class WhenDefault(When):  # E: [stepkit-when] step "second" reads "more" as "str", but step "limits" gives it as "int"
    @flow.step("limits")
    def limits(self):
        return {"limit": 5, "more": 1}


class WhenNested(Flow):
    @flow.step("limits")
    def limits(self):
        return {"limit": 5, "flag": True}

    inner = flow.subflow("inner", Inner, when=lambda self, flag: flag)
    group = flow.parallel("group", when=lambda flag: flag)

    @group.step("member")
    def member(self, limit: int):
        return {"member": limit}


class NestedFlagRenamed(WhenNested):  # E: [stepkit-when] the condition of step "inner" reads "flag"
    @flow.step("limits")
    def limits(self):
        return {"limit": 5}


class Loose(TypedDict):
    limit: NotRequired[int]


class Wrong(Flow[Loose]):
    inner = flow.subflow("inner", Inner)  # E: [stepkit-nested-input] "limit" may be missing

    @flow.step("other")
    def other(self):
        return {"other": 1}

    @flow.step("when", when=lambda missing: missing)  # E: [stepkit-when] "missing"
    def when(self, other: int):
        return {"y": 1}


class StillWrong(Wrong):
    @flow.step("other")
    def other(self):
        return {"other": 2}


class MoreWrong(Wrong):  # E: [stepkit-key-type] step "when" reads "other" as "int"
    @flow.step("other")
    def other(self):
        return {"other": "2"}
