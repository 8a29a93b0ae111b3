# --- pricing.py
"""Prices: published with its input."""

from decimal import Decimal
from typing import TypedDict

from stepkit import Flow, flow


class PriceInput(TypedDict):
    skus: list[str]


class Priced(TypedDict):
    net: Decimal
    discounted: bool


class PriceCart(Flow[PriceInput]):
    def __init__(self, prices: dict[str, Decimal]) -> None:
        self.prices = prices

    @flow.step("sum")
    def sum(self, skus: list[str]) -> Priced:
        net = Decimal(0)
        for sku in skus:
            net += self.prices[sku]
        return {"net": net, "discounted": False}

    @flow.step("discount")
    def discount(self, net, skus):
        return {"net": net * Decimal("0.9"), "discounted": True} if len(skus) > 2 else None

# --- shipping.py
from __future__ import annotations

from decimal import Decimal
from typing import NotRequired, TypedDict

from stepkit import Flow, flow


class ShipInput(TypedDict):
    country: str
    weight: NotRequired[int]


class Quote(Flow[ShipInput]):
    @flow.step("quote")
    def quote(self, country: str, weight: int = 1000):
        return {"fee": Decimal(weight) / 1000 * (5 if country == "de" else 12)}


class Dispatch(Flow[ShipInput]):
    @flow.step("label")
    def label(self, country: str):
        return {"label": f"to {country}"}

    @flow.step("pickup")
    async def pickup(self, label):
        return {"pickup": f"{label} on Monday"}

# --- main.py
"""Orders compose what the other packages publish."""

from decimal import Decimal
from typing import TypedDict

from stepkit import Flow, flow

from .pricing import PriceCart
from .shipping import Dispatch, Quote


class OrderInput(TypedDict):
    id: str
    skus: list[str]
    country: str


class Order(Flow[OrderInput]):
    def __init__(self, prices: dict[str, Decimal]) -> None:
        self.prices = prices

    quotes = flow.parallel("quotes")
    price = quotes.subflow(lambda self: PriceCart(self.prices))
    shipping = quotes.subflow(Quote)

    @flow.step("total")
    def total(self, net, fee, discounted):
        return {"total": (net + fee).quantize(Decimal("0.01")), "note": "10 % off" if discounted else ""}

    dispatch = flow.subflow("dispatch", Dispatch, retries=1)

    @flow.step("confirm")
    def confirm(self, id: str, total: Decimal, pickup: str, note: str):
        return {"confirmation": f"{id}: {total}, {pickup} {note}".strip()}


if __name__ == "__main__":
    saved: dict[str, str] = {}

    def save(event: Order.Event) -> None:
        saved[event.step_name] = event.checkpoint
        if event.step_name == "dispatch/label":
            print(event.context["label"])

    order = Order({"tea": Decimal(4), "cup": Decimal(6)})
    result = order.run_sync({"id": "o-1", "skus": ["tea", "cup", "cup"], "country": "de"}, on_step_complete=save)
    assert result["confirmation"] == "o-1: 19.40, to de on Monday 10 % off", result["confirmation"]
    for checkpoint in saved.values():
        assert order.run_checkpoint_sync(checkpoint) == result
