from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import NotRequired, TypedDict

from shop_pricing import Line, PriceCart
from shop_shipping import Carrier, Dispatch, QuoteShipping

from stepkit import Flow, flow


class OrderInput(TypedDict):
    order: str
    lines: list[Line]
    country: str
    coupon: NotRequired[str]


class Total(TypedDict):
    order: str
    total: Decimal


class ByCard(Flow[Total]):
    @flow.step("charge")
    def charge(self, order: str, total: Decimal):
        return {"payment": f"{total} charged for {order}"}


class ByInvoice(Flow[Total]):
    @flow.step("invoice")
    def invoice(self, order: str, total: Decimal):
        return {"payment": f"invoice {order} over {total}"}


class PlaceOrder(Flow[OrderInput]):
    def __init__(self, catalog: Mapping[str, Decimal], weights: Mapping[str, int], carrier: Carrier) -> None:
        self.catalog = catalog
        self.weights = weights  # grams
        self.carrier = carrier

    @flow.step("weigh")
    def weigh(self, lines: list[Line]):
        return {"grams": sum(self.weights[line["sku"]] * line["quantity"] for line in lines)}

    quotes = flow.parallel("quotes")
    price = quotes.subflow(lambda self: PriceCart(self.catalog))
    shipping = quotes.subflow(QuoteShipping)

    @flow.step("total")
    def add_up(self, net: Decimal, vat: Decimal, fee: Decimal):
        return {"total": net + vat + fee}

    @flow.branch("payment", cases={"card": ByCard, "invoice": ByInvoice})
    def choose_payment(self, total: Decimal):
        return "card" if total < 500 else "invoice"

    dispatch = flow.subflow("dispatch", lambda self: Dispatch(self.carrier))

    @flow.step("confirm")
    def confirm(self, order: str, payment: str, tracking: str, pickup: str):
        return {"message": f"{order}: {payment}; {tracking} is picked up on {pickup}"}
