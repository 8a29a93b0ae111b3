# What a condition gives through a generic function is not Any, and is judged.
from collections.abc import Iterable
from typing import TypedDict, TypeVar

from stepkit import Flow, flow

T = TypeVar("T")


def first(values: Iterable[T]) -> T | None:
    return next(iter(values), None)


def identity(value: T) -> T:
    return value


class Input(TypedDict):
    names: list[str]
    flags: list[bool]


class Conditions(Flow[Input]):
    @flow.step("maybe", when=lambda names: first(names))  # E+: | None
    def maybe(self, names):
        return {"a": 1}

    @flow.step("text", when=lambda names: identity("x"))  # E+: str
    def text(self, names):
        return {"b": 1}

    @flow.step("right", when=lambda flags: identity(flags[0]) or any(first([flags]) or []))
    def right(self, flags):
        return {"c": 1}

    late = flow.subflow("late", lambda self: Conditions(), when=lambda names: identity(names) == ["x"])  # N: runs Conditions
