"""A team's house style: every call to another service goes through ``remote_step``, every change through ``audited``."""

from __future__ import annotations

import functools
import logging
import time
from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import ParamSpec, TypedDict, TypeVar

from stepkit import CircuitBreaker, Flow, flow

P = ParamSpec("P")
R = TypeVar("R")
logger = logging.getLogger("payments")


def audited(function: Callable[P, R]) -> Callable[P, R]:
    """Log who is called, and how long it took."""

    @functools.wraps(function)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> R:
        start = time.monotonic()
        try:
            return function(*args, **kwargs)
        finally:
            logger.debug("%s took %.3f s", function.__name__, time.monotonic() - start)

    return wrapper


def traced(function: Callable[P, Awaitable[R]]) -> Callable[P, Awaitable[R]]:
    @functools.wraps(function)
    async def wrapper(*args: P.args, **kwargs: P.kwargs) -> R:
        logger.debug("-> %s", flow.current().path)
        return await function(*args, **kwargs)

    return wrapper


def remote_step(name: str):  # E2: [no-untyped-def] missing a return type
    return flow.step(name, retries=3, retry_delay=0.001, should_retry=(ConnectionError,), timeout=10)


class PaymentInput(TypedDict):
    account: str
    amount: Decimal


class Bank:
    def __init__(self) -> None:
        self.calls = 0

    async def authorize(self, account: str, amount: Decimal, key: str) -> str:
        self.calls += 1
        if self.calls == 1:
            raise ConnectionError("reset")
        return f"auth-{account}"

    async def capture(self, authorization: str) -> Decimal:
        return Decimal("0.35")


class Pay(Flow[PaymentInput]):
    def __init__(self, bank: Bank) -> None:
        self.bank = bank

    @flow.step("check")
    @audited
    def check(self, amount: Decimal):
        if amount <= 0:
            raise ValueError(f"cannot pay {amount}")
        return {"cents": int(amount * 100)}

    @remote_step("authorize")  # E2: [untyped-decorator]
    async def authorize(self, account: str, amount: Decimal):
        key = flow.current().idempotency_key
        return {"authorization": await self.bank.authorize(account, amount, key)}

    @flow.step("capture", circuit_breaker=CircuitBreaker(failure_threshold=3, cooldown=5))
    @traced
    async def capture(self, authorization: str):
        return {"fee": await self.bank.capture(authorization)}

    @flow.step("book")
    @audited
    def book(self, cents: int, fee: Decimal):
        return {"net": cents - int(fee * 100)}


if __name__ == "__main__":
    result = Pay(Bank()).run_sync({"account": "ana", "amount": Decimal("12.00")})
    net: int = result["net"]
    assert net == 1165 and result["authorization"] == "auth-ana"
