# A dict that others may have got hold of is not known: its keys may be any.
from collections.abc import Callable
from typing import Any, TypedDict

from stepkit import Flow, flow


class Input(TypedDict):
    n: int
    key: str


def fill(data: dict[str, Any]) -> None:
    data.pop("a")
    data["filled"] = True


class Passed(Flow[Input]):
    @flow.step("build")
    def build(self, n):
        out: dict[str, Any] = {"a": 1}
        fill(out)
        return out  # N: step "build" returns a dict that is handed on before it is returned

    @flow.step("read")
    def read(self, filled, a, zum):
        return None


class Kept(Flow[Input]):
    cache: dict[str, Any]

    @flow.step("build")
    def build(self, n):
        out: dict[str, Any] = {"a": 1}
        self.cache = out
        self.cache["b"] = 2
        return out  # N: step "build" returns a dict that is handed on

    @flow.step("read")
    def read(self, b, zum):
        return None


class Alias(Flow[Input]):
    @flow.step("build")
    def build(self, n):
        out = {"a": 1}
        other = out
        other["b"] = 2
        return out  # N: step "build"

    @flow.step("read")
    def read(self, b, zum):
        return None


class AliasReturned(Flow[Input]):
    @flow.step("build")
    def build(self, n):
        out = {"a": 1}
        other = out
        out["b"] = 2
        return other  # N: step "build"

    @flow.step("read")
    def read(self, b, zum):
        return None


class Chained(Flow[Input]):
    @flow.step("build")
    def build(self, n):
        out = other = {"a": 1}
        other["b"] = 2
        return out  # N: step "build"

    @flow.step("read")
    def read(self, b, zum):
        return None


class InAList(Flow[Input]):
    @flow.step("build")
    def build(self, n):
        out = {"a": 1}
        for each in [out]:
            each["b"] = 2
        return out  # N: step "build"

    @flow.step("read")
    def read(self, b, zum):
        return None


class Closure(Flow[Input]):
    @flow.step("build")
    def build(self, n):
        out: dict[str, Any] = {"a": 1}

        def add() -> None:
            out["b"] = 2

        add()
        return out  # N: step "build"

    @flow.step("read")
    def read(self, b, zum):
        return None


class Lambda(Flow[Input]):
    @flow.step("build")
    def build(self, n):
        out: dict[str, Any] = {}
        add: Callable[[], None] = lambda: out.update(b=2)
        out = {"a": 1}
        add()
        return out  # N: step "build"

    @flow.step("read")
    def read(self, b, zum):
        return None


class Finally(Flow[Input]):
    @flow.step("build")
    def build(self, n):
        out: dict[str, Any] = {"a": 1}
        try:
            return out  # N: step "build"
        finally:
            out["b"] = 2

    @flow.step("read")
    def read(self, b, zum):
        return None


class Computed(Flow[Input]):
    @flow.step("build")
    def build(self, key):
        out = {"a": 1}
        out[key] = 2  # N: step "build" returns a key that is not known
        return out

    @flow.step("read")
    def read(self, a, zum):
        return None


class ComputedAway(Flow[Input]):
    @flow.step("build")
    def build(self, key):
        out = {"a": 1, "b": 2}
        del out[key]
        return out  # N: step "build" returns a dict from which a key is removed that is not known

    @flow.step("read")
    def read(self, a, zum):
        return None


class Loop(Flow[Input]):
    @flow.step("build")
    def build(self, n):
        out: dict[str, Any] = {"a": 1}
        for each in ("b", str(n)):
            out[each] = n  # N: step "build" returns a key that is not known
        return out

    @flow.step("read")
    def read(self, a, b, zum):
        return None


class Made(Flow[Input]):
    def make(self) -> dict[str, Any]:
        return {}

    @flow.step("build")
    def build(self, n):
        out = self.make()
        out["a"] = 1
        return out  # N: step "build" returns a dict, whose keys are not known

    @flow.step("read")
    def read(self, a, zum):
        return None


class Swapped(Flow[Input]):
    @flow.step("build")
    def build(self, n):
        out, other = {"a": 1}, {"b": 2}
        print(other)
        return out  # N: step "build"

    @flow.step("read")
    def read(self, a, zum):
        return None


class MatchWithoutRest(Flow[Input]):
    @flow.step("build")
    def build(self, n):
        out = {"a": 1}
        match n:
            case 1:
                out["b"] = 2
            case 2:
                out["b"] = 3
        return out  # N: step "build" returns a dict that a match without "case _" sets

    @flow.step("read")
    def read(self, a, b):
        return None
