# What may be a step and cannot be understood opens the context with one note; what is none for certain does not.
import functools
import json
from collections.abc import Callable
from typing import Any, ClassVar, TypedDict, TypeVar

from probe import assert_type
from stepkit import Flow, flow

F = TypeVar("F", bound=Callable[..., Any])


class Input(TypedDict):
    a: int


class Registry:
    def __getattr__(self, name: str) -> Any: ...
    def typed(self) -> int:
        return 1


registry = Registry()


def compute() -> str:
    return "x"


def identity(function: F) -> F:
    return function


def anything() -> Any:
    return None


class Call(Flow[Input]):
    load = registry.make("load")  # N: "load" may be a step, and what it gives cannot be seen

    @flow.step("read")
    def read(self, b):
        return {"c": b}


class Decorated(Flow[Input]):
    @registry.task  # type: ignore[untyped-decorator, misc, unused-ignore]  # N: "load" may be a step
    def load(self, a: int) -> None: ...

    @registry.task  # type: ignore[untyped-decorator, misc, unused-ignore]
    def second(self, a: int) -> None: ...

    @flow.step("read")
    def read(self, b):
        return {"c": b}


class Chosen(Flow[Input]):
    load = anything() or flow.step("load")(compute)  # N: "load" may be a step

    @flow.step("read")
    def read(self, b):
        return {"c": b}


class Named(Flow[Input]):
    locals()["load"] = flow.step("load")(compute)  # N: "load" may be a step

    @flow.step("read")
    def read(self, b):
        return {"c": b}


class Unpacked(Flow[Input]):
    load, store = anything()  # N: "load" may be a step

    @flow.step("read")
    def read(self, b):
        return {"c": b}


class Closed(Flow[Input]):
    """Attributes and methods that are no steps."""

    retries = int("3")
    name: ClassVar[str] = compute()
    limits: ClassVar[dict[str, int]] = {"a": 1}
    settings = json.loads("{}")
    computed = registry.typed()
    parse = functools.partial(int, base=2)
    alias = compute
    kind = Registry
    left, right = 1, 2
    rate = 1.5 * retries
    key = lambda self, item: item  # noqa: E731

    @property
    def size(self) -> int:
        return 1

    @functools.cached_property
    def cached(self) -> int:
        return 1

    @staticmethod
    def static(a: int) -> int:
        return a

    @classmethod
    def made(cls) -> "Closed":
        return cls()

    @functools.lru_cache  # noqa: B019
    def memo(self, a: int) -> int:
        return a

    @identity
    def helper(self, a: int) -> int:
        return a

    @flow.step("read")
    def read(
        self,
        b,  # E(b): [stepkit-missing-key]
    ):
        return {"c": b}
