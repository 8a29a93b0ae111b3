from __future__ import annotations

from decimal import Decimal
from typing import TypedDict

from stepkit import Flow, flow


class ParcelInput(TypedDict):
    grams: int
    country: str


class Parcel(Flow[ParcelInput]):
    @flow.step("by-weight")
    def by_weight(self, grams: int, country: str):
        base = Decimal("4.50") if country == "DE" else Decimal("9.00")
        return {"fee": base + Decimal(grams // 1000), "service": "parcel"}


class Freight(Flow[ParcelInput]):
    @flow.step("by-pallet")
    def by_pallet(self, grams: int):
        pallets = -(-grams // 400_000)
        return {"fee": Decimal(90) * pallets, "service": "freight"}


class QuoteShipping(Flow[ParcelInput]):
    @flow.branch("service", cases={"parcel": Parcel, "freight": Freight})
    def choose(self, grams: int):
        return "parcel" if grams <= 31_500 else "freight"
