# What accepts the key's type is no mistake: wider types, protocols, unions, object, Any.
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol, SupportsInt, TypedDict

from stepkit import Flow, flow


class Named(Protocol):
    name: str


class User:
    name = "ana"


class Input(TypedDict):
    n: int
    rows: list[int]
    prices: dict[str, int]
    user: User


class Wider(Flow[Input]):
    @flow.step("one")
    def one(self, n: float, rows: Sequence[int], prices: Mapping[str, float], user: Named):
        return None

    @flow.step("two")
    def two(self, n: int | str, rows: Iterable[object], prices: Any, user: object):
        return None

    @flow.step("three")
    def three(self, n: SupportsInt, user: User | None):
        return None
