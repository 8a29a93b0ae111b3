# What stands where a step's method must, decorators that hide it, and callbacks that are never called, or cannot be.
from functools import cached_property
from typing import Any, Protocol

from stepkit import Flow, StepEvent, flow


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


class Other(Flow):
    @flow.step("other")
    def other(self):
        return {"a": 1}


class Misspelt(Other):
    def on_step_completed(self, event: "Misspelt.Event") -> None:  # E: [stepkit-definition] on_step_completed: it would never be called ... did you mean "on_step_complete"?
        event.stop_pipeline()

    @staticmethod
    def onStepError(step_name: str, error: Exception) -> None:  # E: [stepkit-definition] did you mean "on_step_error"?
        print(step_name, error)

    def on_progress_made(self) -> None: ...  # E: [stepkit-definition] it would never be called ... give it another name

    def on_complete(self) -> None: ...

    @flow.step("paid")
    def on_step_paid(self):
        return {"b": 1}


class Mixin:
    def on_step_finish(self, event: object) -> None:
        print(event)

    def on_step_error(self, error: Exception) -> None:
        print(error)


class Mixed(Mixin, Other):  # E: [stepkit-definition] on_step_finish: it would never be called # E: [stepkit-definition] on_step_error: it is called as self.on_step_error(step_name, error)
    pass


class Uncallable(Other):
    def on_step_complete(self, event: "Uncallable.Event", more: int) -> None:  # E: [stepkit-definition] called as self.on_step_complete(event), which its parameters do not take: missing a required argument: 'more'
        print(event.step_name, more)

    def on_step_start(self) -> None:  # E: [stepkit-definition] too many positional arguments
        print("start")

    @staticmethod
    def on_step_error(error: Exception) -> None:  # E: [stepkit-definition] too many positional arguments
        print(error)

    def on_progress(self, *, progress: object) -> None:  # E: [stepkit-definition] too many positional arguments
        print(progress)


class HasName(Protocol):
    @property
    def step_name(self) -> str: ...


class Callable(Other):
    def on_step_complete(self, event: HasName, more: int = 0, *rest: object, **named: object) -> None:
        print(event.step_name, more)

    @classmethod
    def on_step_start(cls, *given: object) -> None:
        print(given)

    @staticmethod
    def on_step_error(step_name: str, error: Exception) -> None:
        print(step_name, error)

    def on_progress(self, progress: object, /) -> None:
        print(progress)


class Untyped(Other):
    def on_step_complete(self, event: StepEvent[Any, Any, Any]) -> None:
        print(event.step_name)

    on_step_error = None
