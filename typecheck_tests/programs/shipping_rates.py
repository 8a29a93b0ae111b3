"""Asks all carriers for their rates at once, and takes the cheapest. A carrier's key has another type than its reader says."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from decimal import Decimal
from operator import attrgetter
from typing import TypedDict

from stepkit import Flow, flow


@dataclass(frozen=True)
class Parcel:
    grams: int
    country: str


@dataclass(frozen=True)
class Rate:
    carrier: str
    price: Decimal
    days: int


class ShipInput(TypedDict):
    parcels: list[Parcel]


class Carrier:
    def __init__(self, name: str, per_kilo: str, days: int) -> None:
        self.name = name
        self.per_kilo = Decimal(per_kilo)
        self.days = days

    async def rate(self, parcels: list[Parcel]) -> Rate:
        await asyncio.sleep(0)
        if not parcels:
            raise ValueError("nothing to send")
        grams = sum(parcel.grams for parcel in parcels)
        return Rate(self.name, (self.per_kilo * grams / 1000).quantize(Decimal("0.01")), self.days)


class Rates(Flow[ShipInput]):
    def __init__(self, post: Carrier, express: Carrier) -> None:
        self.carriers = {carrier.name: carrier for carrier in (post, express)}

    @flow.step("weigh")
    def weigh(self, parcels):
        return {"kilos": sum(parcel.grams for parcel in parcels) / 1000}

    rates = flow.parallel("rates", mode="settled", timeout=3)

    @rates.step("post", retries=1)
    async def post(self, parcels):
        return {"post": await self.carriers["post"].rate(parcels)}

    @rates.step("express")
    async def express(self, parcels):
        return {"express": await self.carriers["express"].rate(parcels)}

    @rates.step("own-van", when=lambda kilos: kilos < 10)
    def own_van(self, kilos):
        return {"van": Rate("van", Decimal(9), 1)}

    @flow.step("choose")
    def choose(self, post=None, express=None, van=None):
        offers = [offer for offer in (post, express, van) if offer is not None]
        return {"cheapest": min(offers, key=attrgetter("price")), "fastest": min(offers, key=lambda offer: offer.days)}

    @flow.step("price")
    def price(self, kilos: int, cheapest: Rate):  # E(kilos): [stepkit-key-type] reads "kilos" as "int" ... gives it as "float"
        return {"per_kilo": cheapest.price / (kilos or 1)}

    @flow.step("label")
    def label(self, cheapest, fastest):
        return {"label": f"{cheapest.carrier} ({cheapest.price}), or {fastest.carier}"}  # E: [attr-defined] "carier"


if __name__ == "__main__":
    rates = Rates(Carrier("post", "1.50", 4), Carrier("express", "9.90", 1))
    result = asyncio.run(rates.post(parcels=[Parcel(1200, "de")]))
    assert result["post"].price == Decimal("1.80")
