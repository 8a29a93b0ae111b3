# Names that collide with inherited ones, and what hides an inherited step.
# --- base.py
from stepkit import Flow, flow


class Base(Flow):
    @flow.step("load", aliases=("fetch",))
    def load(self):
        return {"a": 1}

    @flow.step("show")
    def show(self, a: int):
        return {"b": a}

    group = flow.parallel("group")

    @group.step("member")
    def member(self):
        return {"c": 1}

# --- base.py (2)
from stepkit import Flow, flow


class Base(Flow):
    @flow.step("loaded")
    def load(self):
        return {"a": 1}

    @flow.step("show")
    def show(self, a: int):
        return {"b": a}

    group = flow.parallel("group")

    @group.step("member")
    def member(self):
        return {"c": 1}

# --- use.py
from typing import Any

from stepkit import Flow, flow

from .base import Base


class Other(Flow):
    @flow.step("show")
    def display(self):
        return {"z": 1}


class Taken(Base):
    @flow.step("load")  # E1("load"): [stepkit-definition] again: the name "load" is taken by load
    def again(self):
        return {"d": 1}

    @flow.step("fetch")  # E1("fetch"): [stepkit-definition] fetch: the name "fetch" is taken by load
    def fetch(self):
        return {"e": 1}

    @flow.step("loaded")  # E2("loaded"): [stepkit-definition] loaded: the name "loaded" is taken by load
    def loaded(self):
        return {"f": 1}


class TakesThePlace(Base):
    @flow.step("show")  # E("show"): [stepkit-definition] show: the name "show" is taken by load
    def load(self):
        return {"a": 1}


class Both(Other, Base):  # E(class): [stepkit-definition] the name "show" is taken by
    pass


class Hidden(Base):
    def load(self) -> None:  # E(def): [stepkit-definition] load: it hides an inherited step; decorate it to take the
        pass

    show = 5  # E(show): [stepkit-definition] show: it hides an inherited step

    @property
    def member(self) -> int:  # E: [stepkit-definition] member: it hides an inherited step
        return 1


class OtherGroup(Base):
    group = flow.parallel("group")  # E(group): [stepkit-definition] "member": member of a parallel group that is no attribute

    @group.step("other")
    def other(self):
        return {"d": 1}


class Right(Base):
    @flow.step("load")
    def load(self):
        return {"a": 2}

    show: Any = None

    @flow.step("show")
    def display(self):
        return {"b": 1}

    group = flow.parallel("group")

    @group.step("member")
    def member(self):
        return {"c": 1}

    def helper(self) -> int:
        return 1


class Generated(Base):
    show: Any
