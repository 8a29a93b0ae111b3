"""Scores payments for fraud: signals in parallel, each a nested flow; typed ``with`` protocols and mistakes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from ipaddress import IPv4Address, ip_address
from typing import Protocol, TypedDict, runtime_checkable

from stepkit import Flow, flow


@dataclass(frozen=True)
class Payment:
    id: str
    amount: Decimal
    ip: str
    card_country: str


class PaymentInput(TypedDict):
    payment: Payment


class Signal(TypedDict):
    score: float


@runtime_checkable
class GeoIp(Protocol):
    def country(self, address: IPv4Address) -> str | None: ...


class StaticGeo:
    def __init__(self, table: Mapping[str, str]) -> None:
        self.table = table

    def country(self, address: IPv4Address) -> str | None:
        return self.table.get(str(address))


class Geo(Flow[PaymentInput]):
    def __init__(self, geo: GeoIp) -> None:
        self.geo = geo

    @flow.step("locate")
    def locate(self, payment):
        address = ip_address(payment.ip)
        if not isinstance(address, IPv4Address):
            return {"geo_country": None}
        return {"geo_country": self.geo.country(address)}

    @flow.step("compare")
    def compare(self, payment, geo_country):
        return {"geo_score": 0.0 if geo_country == payment.card_country else 0.6}


class Velocity(Flow[PaymentInput]):
    def __init__(self, recent: dict[str, int]) -> None:
        self.recent = recent

    @flow.step("count")
    def count(self, payment):
        self.recent[payment.ip] = self.recent.get(payment.ip, 0) + 1
        return {"velocity_score": min(1.0, self.recent[payment.ip] / 10)}


class Score(Flow[PaymentInput]):
    def __init__(self, geo: GeoIp, recent: dict[str, int] | None = None) -> None:
        self.geo = geo
        self.recent = {} if recent is None else recent

    signals = flow.parallel("signals", mode="all", timeout=2.5)
    geo_signal = signals.subflow(lambda self: Geo(self.geo), name="geo")
    velocity = signals.subflow(lambda self: Velocity(self.recent))

    @signals.step
    def amount(self, payment):
        return {"amount_score": float(payment.amount / 10_000)}

    @flow.step("combine")
    def combine(self, geo_score, velocity_score, amount_score, geo_country):
        score = max(geo_score, velocity_score, amount_score)
        return {"score": score, "reason": f"from {geo_country or 'nowhere'}"}

    @flow.step("decide")
    def decide(self, score: float) -> dict[str, bool]:  # N: step "decide" returns a mapping whose keys its annotation does not name
        return {"block": score > 0.5}

    @flow.step("explain")
    def explain(self, reason: str, score: Decimal):  # E(score): [stepkit-key-type] reads "score" as "Decimal" ... gives it as "float"
        return {"explanation": f"{score:.2f}: {reason}"}


class Block(Score):
    @flow.step("decide")
    def decide(self, score: float, payment: Payment):
        return {"block": score > 0.5 and payment.amount > 1}

    @flow.step("explain")
    def explain(self, reason: str, score: float):
        return {"explanation": f"{score:.2f}: {reason}"}


def blocked(payments: list[Payment], flow_: Block) -> list[str]:
    return [payment.id for payment in payments if flow_.run_sync({"payment": payment})["block"]]


if __name__ == "__main__":
    geo = StaticGeo({"10.0.0.1": "de"})
    payments = [Payment("p1", Decimal(10), "10.0.0.1", "de"), Payment("p2", Decimal(10), "10.0.0.2", "de")]
    assert blocked(payments, Block(geo)) == ["p2"]
