# A generic function elsewhere gives another type: the value of a key, given through it, follows.
# --- helper.py
from collections.abc import Iterable
from typing import TypeVar

T = TypeVar("T")


def first(values: Iterable[T]) -> T | None:
    return next(iter(values), None)

# --- calc.py
from typing import TypedDict

from stepkit import Flow, flow

from . import helper


class Input(TypedDict):
    names: list[str]


class Calc(Flow[Input]):
    @flow.step("one")
    def one(self, names):
        return {"b": helper.first(names), "c": 1}

    @flow.step("two")
    def two(self, b: str | None, names):  # E2: [stepkit-key-type] "b" as "str | None" ... gives it as "list[str]"
        return {"d": helper.first([b]), "e": helper.first(names)} if b else None

# --- main.py
from probe import assert_type

from .calc import Calc

assert_type(Calc().run_sync({"names": []})["b"], str | None)  # E2: [assert-type] "list[str]"

# --- helper.py (2)
from collections.abc import Iterable
from typing import TypeVar

T = TypeVar("T")


def first(values: Iterable[T]) -> list[T]:
    return list(values)
