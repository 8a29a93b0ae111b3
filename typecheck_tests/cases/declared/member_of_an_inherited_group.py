# A member that a subclass adds to a group of its base, or puts in the place of one that is there.
from typing import TypedDict

from probe import assert_type
from stepkit import Flow, flow


class Input(TypedDict):
    a: int


class Base(Flow[Input]):
    signals = flow.parallel("signals")

    @signals.step
    def left(self, a):
        return {"left": a}

    @flow.step("after")
    def after(self, left):
        return {"after": left}


class Inner(Flow[Input]):
    @flow.step("inner")
    def inner(self, a):
        return {"inner": [a]}


class More(Base):
    @Base.signals.step
    def right(self, a):
        assert_type(a, int)
        return {"right": str(a)}

    @Base.signals.step("up", on_error="continue")
    def up(
        self,
        left,  # E(left): [stepkit-missing-key] step "up" reads "left", which no earlier step provides
    ):
        return {"up": left}

    inner = Base.signals.subflow(Inner)

    @flow.step("read")
    def read(
        self,
        left,
        right,
        up,  # E(up): [stepkit-maybe-missing]
        inner,
    ):
        assert_type(right, str)
        assert_type(inner, list[int])
        return {"read": True}


class Output(TypedDict):
    a: int
    left: int
    after: int
    right: str
    read: bool


assert_type(More().run_sync({"a": 1})["right"], str)


class Over(Base):  # E: [stepkit-missing-key] step "after" reads "left", which no earlier step provides; did you mean "lft"?
    @Base.signals.step("left")
    def left(self, a):
        return {"lft": a}


class OverWithType(Base):  # E: [stepkit-missing-key] step "after" reads "left"
    left = None

    @Base.signals.step
    def other(self, a):
        return {"other": a}


class OverRight(Base):
    @Base.signals.step("another-name")
    def left(self, a):
        return {"left": a, "more": [a]}

    @flow.step("read")
    def read(self, left, more):
        assert_type(more, list[int])


assert_type(OverRight().run_sync({"a": 1})["more"], list[int])
