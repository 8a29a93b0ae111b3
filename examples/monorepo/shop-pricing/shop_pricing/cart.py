from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import NotRequired, TypedDict

from stepkit import Flow, flow

CENT = Decimal("0.01")
VAT = {"AT": Decimal("0.20"), "DE": Decimal("0.19"), "FR": Decimal("0.20")}


class Line(TypedDict):
    sku: str
    quantity: int


class CartInput(TypedDict):
    lines: list[Line]
    country: str
    coupon: NotRequired[str]


class PriceCart(Flow[CartInput]):
    """Prices by a catalog that maps each SKU to its net price."""

    def __init__(self, catalog: Mapping[str, Decimal]) -> None:
        self.catalog = catalog

    @flow.step("add-up")
    def add_up(self, lines: list[Line]):
        return {"net": sum((self.catalog[line["sku"]] * line["quantity"] for line in lines), Decimal())}

    @flow.step("discount")
    def discount(self, net: Decimal, coupon: str = ""):
        return {"net": (net * Decimal("0.9")).quantize(CENT) if coupon == "TENTH" else net}

    @flow.step("vat")
    def add_vat(self, net: Decimal, country: str):
        return {"vat": (net * VAT.get(country, Decimal())).quantize(CENT)}
