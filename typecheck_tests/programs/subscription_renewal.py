"""Renews subscriptions: a branch per plan, a dunning flow on failure. Some slips in it are marked."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Literal, TypedDict, assert_never

from stepkit import Flow, flow
from stepkit.errors import CircuitOpenError

Plan = Literal["monthly", "yearly", "lifetime"]


@dataclass(frozen=True)
class Subscription:
    id: int
    plan: Plan
    until: date
    cents: int


class CardDeclined(Exception):
    def __init__(self, code: str) -> None:
        super().__init__(f"declined: {code}")
        self.code = code


class Gateway:
    def __init__(self, declines: int = 0) -> None:
        self.declines = declines

    def charge(self, cents: int, *, key: str) -> str:
        if self.declines:
            self.declines -= 1
            raise CardDeclined("51")
        return f"ch_{cents}"


class RenewInput(TypedDict):
    subscription: Subscription


def extend(until: date, plan: Plan) -> date:
    match plan:
        case "monthly":
            return until + timedelta(days=30)
        case "yearly":
            return until + timedelta(days=365)
        case "lifetime":
            return date.max
        case _:
            assert_never(plan)


class Charge(Flow[RenewInput]):
    def __init__(self, gateway: Gateway) -> None:
        self.gateway = gateway

    @flow.step("charge", retries=2, should_retry=lambda error: isinstance(error, CardDeclined))
    def charge(self, subscription: Subscription):
        key = flow.current().idempotency_key
        return {"charge": self.gateway.charge(subscription.cents, key=key)}


class Free(Flow[RenewInput]):
    @flow.step("nothing")
    def nothing(self, subscription: Subscription) -> None:
        """Lifetime subscriptions pay no more."""


class Renew(Flow[RenewInput]):
    def __init__(self, gateway: Gateway) -> None:
        self.gateway = gateway

    @flow.branch("pay", cases={"charge": lambda self: Charge(self.gateway), "free": Free}, on_error="continue")
    def pay(self, subscription: Subscription) -> Literal["charge", "free"]:
        return "free" if subscription.plan == "lifetime" else "charge"

    @flow.step("extend")
    def extend(self, subscription: Subscription, charge: str | None = None):
        if charge is None and subscription.plan != "lifetime":
            return {"renewed": False}
        until = extend(subscription.until, subscription.plan)
        return {"renewed": True, "subscription": replace(subscription, until=until)}

    @flow.step("mail")
    def mail(self, renewed: bool, charge: str):  # E(charge): [stepkit-maybe-missing] "charge"
        return {"mail": "thanks" if renewed else f"please check your card ({charge})"}

    @flow.step("grace", when=lambda renewd: not renewd)  # E(renewd): [stepkit-when] "renewd" ... did you mean "renewed"?
    def grace(self, subscription: Subscription):
        return {"suspended_from": subscription.until + timedelta(days=14)}


def renew_all(subscriptions: list[Subscription], gateway: Gateway) -> list[int]:
    renewed = []
    for subscription in subscriptions:
        try:
            result = Renew(gateway).run_sync({"subscription": subscription})
        except CircuitOpenError:
            break
        if result["renewed"]:
            renewed.append(result["subscription"].id)
        elif result["suspended_from"] < date.today():
            print("late")
    return renewed


if __name__ == "__main__":
    yearly = Subscription(1, "yearly", date(2026, 1, 1), 900)
    assert Charge(Gateway(2)).run_sync({"subscription": yearly})["charge"] == "ch_900"
    extended = Renew(Gateway()).extend(yearly, charge="ch_900").get("subscription")
    assert extended is not None and extended.until == date(2027, 1, 1)
