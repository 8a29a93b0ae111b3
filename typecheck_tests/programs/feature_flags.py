"""Checkout behind feature flags: what runs depends on flags of the tenant and on the context."""

from dataclasses import dataclass, field
from typing import Final, Literal, TypedDict

from stepkit import Flow, flow

FREE_SHIPPING_FROM: Final = 5000
ON_COLLISION: Final = "skip"


@dataclass(frozen=True)
class Flags:
    enabled: frozenset[str] = frozenset()
    percentages: dict[str, int] = field(default_factory=dict)

    def __contains__(self, name: str) -> bool:
        return name in self.enabled

    def rolled_out(self, name: str, user: int) -> bool:
        return user % 100 < self.percentages.get(name, 0)


class Cart(TypedDict):
    user: int
    cents: int
    country: Literal["de", "fr", "us"]


def is_domestic(country: Literal["de", "fr", "us"]) -> bool:
    return country == "de"


@dataclass
class Checkout(Flow[Cart]):
    flags: Flags

    @flow.step("loyalty", when=lambda self, user: self.flags.rolled_out("loyalty", user))
    def loyalty(self, cents):
        return {"points": cents // 100}

    @flow.step("shipping", when=lambda cents: cents < FREE_SHIPPING_FROM)
    def shipping(self, country):
        rates = {"de": 490, "fr": 890, "us": 1990}
        return {"shipping": rates[country]}

    @flow.step("domestic", when=is_domestic)
    def domestic(self):
        return {"carrier": "bike" if "bikes" in self.flags else "van"}

    @flow.step("fallback", merge=ON_COLLISION)
    def fallback(self):
        return {"carrier": "plane", "shipping": 0}

    @flow.step("total")
    def total(self, cents, shipping, points: int = 0):
        return {"total": cents + shipping - points}

    @flow.step("label", when=lambda carrier, total: carrier != "plane" and total > 0)
    async def label(self, carrier: str, country: str):
        return {"label": f"{carrier}/{country}"}


def quote(flags: Flags, cart: Cart) -> tuple[int, str]:
    result = Checkout(flags).run_sync(cart)
    return result["total"], result.get("label", "no label")


if __name__ == "__main__":
    plain = Flags()
    assert quote(plain, {"user": 7, "cents": 1000, "country": "fr"}) == (1890, "no label")
    new = Flags(frozenset({"bikes"}), {"loyalty": 50})
    assert quote(new, {"user": 7, "cents": 9000, "country": "de"}) == (8910, "bike/de")
