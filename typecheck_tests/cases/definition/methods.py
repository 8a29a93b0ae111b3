# What stands where a step's method must, and decorators that hide it.
from functools import cached_property

from stepkit import Flow, flow


class Wrong(Flow):
    @property  # E(property): [stepkit-definition] one: a decorator stands above that of stepkit and hides the step
    @flow.step("one")
    def one(self):
        return {"a": 1}

    @flow.step("two")
    @staticmethod  # E(staticmethod): [stepkit-definition] two: a step is a method, not a staticmethod
    def two(a: int = 0) -> None:
        return None

    @cached_property  # E(cached_property): [stepkit-definition] three: a decorator stands above
    @flow.step("three")
    def three(self):
        return {"c": 1}

    four = flow.step("four")  # E(four): [stepkit-definition] four: flow.step() stands without a method
    five = flow.branch("five", cases={})  # E(five): [stepkit-definition] five: flow.branch() stands without a method


class Empty(Flow):
    group = flow.parallel("group")  # E(group): [stepkit-definition] group: the group has no members


class Right(Flow):
    @flow.step("one")
    def one(self):
        return {"a": self.shown}

    @property
    def shown(self) -> int:
        return 1

    @staticmethod
    def helper() -> int:
        return 2

    group = flow.parallel("group")

    @group.step("member")
    def member(self):
        return {"b": self.helper()}
