"""House decorators below the step: they time, count, guard and change what a step gives."""

from __future__ import annotations

import functools
import inspect
import time
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Concatenate, ParamSpec, TypedDict, TypeVar

from stepkit import Flow, flow

P = ParamSpec("P")
R = TypeVar("R")
FlowT = TypeVar("FlowT", bound="Ledger")


class Timed(TypedDict):
    seconds: float


def timed(function: Callable[P, object]) -> Callable[P, Timed]:
    """Run for the time that it takes: what the step gave is dropped."""

    @functools.wraps(function)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> Timed:
        start = time.perf_counter()
        function(*args, **kwargs)
        return {"seconds": time.perf_counter() - start}

    return wrapper


def counted(function: Callable[Concatenate[FlowT, P], R]) -> Callable[Concatenate[FlowT, P], R]:
    @functools.wraps(function)
    def wrapper(self: FlowT, /, *args: P.args, **kwargs: P.kwargs) -> R:
        self.calls[function.__name__] = self.calls.get(function.__name__, 0) + 1
        return function(self, *args, **kwargs)

    return wrapper


def guarded(limit: Decimal) -> Callable[[Callable[P, R]], Callable[P, R | None]]:
    def decorate(function: Callable[P, R]) -> Callable[P, R | None]:
        signature = inspect.signature(function)

        @functools.wraps(function)
        def wrapper(*args: P.args, **kwargs: P.kwargs) -> R | None:
            amount: Any = signature.bind(*args, **kwargs).arguments["amount"]
            return None if amount > limit else function(*args, **kwargs)

        return wrapper

    return decorate


@dataclass(frozen=True)
class Entry:
    account: str
    cents: int


class BookInput(TypedDict):
    account: str
    amount: Decimal


class Ledger(Flow[BookInput]):
    def __init__(self) -> None:
        self.calls: dict[str, int] = {}
        self.entries: list[Entry] = []

    @flow.step("cents")
    @counted
    def cents(self, amount: Decimal):
        return {"cents": int(amount * 100)}

    @flow.step("bonus")
    @guarded(Decimal(1000))
    def bonus(self, amount: Decimal):
        return {"bonus": int(amount) // 10}

    @flow.step("book", retries=1)
    @timed
    @counted
    def book(self, account: str, cents: int, bonus: int = 0) -> None:
        self.entries.append(Entry(account, cents + bonus))

    @flow.step("balance")
    @counted
    def balance(self, account: str):
        return {"balance": sum(entry.cents for entry in self.entries if entry.account == account)}

    @flow.step("speed")
    def speed(self, seconds: float, balance: int):
        return {"speed": balance / (seconds or 1e-9)}


class Wrong(Ledger):
    @flow.step("speed")
    def speed(self, seconds: int, balance: int, bonus: int):  # E(seconds): [stepkit-key-type] reads "seconds" as "int" ... "float" # E(bonus: int): [stepkit-maybe-missing] "bonus"
        return {"speed": balance / seconds + bonus}


if __name__ == "__main__":
    ledger = Ledger()
    result = ledger.run_sync({"account": "ana", "amount": Decimal("12.50")})
    assert result["balance"] == 1251 and result.get("bonus") == 1 and result["speed"] > 0
    assert ledger.calls == {"cents": 1, "book": 1, "balance": 1}
    assert ledger.run_sync({"account": "bob", "amount": Decimal(5000)}).get("bonus") is None
