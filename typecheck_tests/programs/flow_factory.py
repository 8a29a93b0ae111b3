"""Flows made in functions and class methods: a factory closes over what the steps need."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Self, TypedDict

from stepkit import Flow, flow


class Price(TypedDict):
    sku: str
    count: int


@dataclass(frozen=True)
class Rules:
    rebate: float = 0.0
    minimum: int = 1


def make_quote(rules: Rules, lookup: Callable[[str], float]) -> Callable[[Price], str]:
    class Quote(Flow[Price]):
        @flow.step("net")
        def net(self, sku, count):
            return {"net": lookup(sku) * max(count, rules.minimum)}

        @flow.step("rebate", when=rules.rebate > 0)
        def rebate(self, net):
            return {"net": net * (1 - rules.rebate), "rebate": net * rules.rebate}

        @flow.step("text")
        def text(self, sku, net, rebate=0.0):
            return {"text": f"{sku}: {net:.2f} (-{rebate:.2f})"}

    quote = Quote()

    def run(price: Price) -> str:
        return quote.run_sync(price)["text"]

    return run


class Fetch(Flow[Price]):
    def __init__(self, get: Callable[[str], Awaitable[float]], *, currency: str = "EUR") -> None:
        self.get = get
        self.currency = currency

    @classmethod
    def fixed(cls, price: float) -> Self:
        async def get(sku: str) -> float:
            await asyncio.sleep(0)
            return price

        return cls(get)

    @staticmethod
    def symbol(currency: str) -> str:
        return {"EUR": "€", "USD": "$"}.get(currency, currency)

    @property
    def sign(self) -> str:
        return self.symbol(self.currency)

    @flow.step("fetch")
    async def fetch(self, sku: str):
        return {"price": await self.get(sku)}

    @flow.step("show")
    def show(self, price: float, count: int):
        return {"shown": f"{self.sign}{price * count:.2f}"}


class Cheap(Fetch):
    @flow.step("fetch")
    async def fetch(self, sku: str):
        return {"price": 0.5 * (await super().fetch(sku))["price"]}


def choose(cheap: bool) -> Fetch:
    return Cheap.fixed(10.0) if cheap else Fetch.fixed(10.0)


class Both(Flow[Price]):
    quotes = flow.parallel("quotes")
    fetched = quotes.subflow(lambda self: Fetch.fixed(2.0))

    @quotes.step("local")
    def local(self, sku, count):
        return {"local": make_quote(Rules(), lambda sku: 3.0)({"sku": sku, "count": count})}

    @flow.step("join")
    def join(self, shown, local):
        return {"joined": f"{shown} or {local}"}


if __name__ == "__main__":
    quote = make_quote(Rules(0.1, 2), {"tea": 4.0}.__getitem__)
    assert quote({"sku": "tea", "count": 1}) == "tea: 7.20 (-0.80)"
    assert choose(cheap=True).run_sync({"sku": "x", "count": 3})["shown"] == "€15.00"
    assert Both().run_sync({"sku": "x", "count": 1})["joined"] == "€2.00 or x: 3.00 (-0.00)"
