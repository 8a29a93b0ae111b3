"""Projects events into read models; the flow is resumed from a snapshot. Three levels of flows, and one slip in each."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from typing import Literal, TypedDict, Union

from stepkit import Flow, flow


@dataclass(frozen=True)
class Opened:
    account: str
    at: datetime


@dataclass(frozen=True)
class Moved:
    account: str
    cents: int
    at: datetime


Event = Union[Opened, Moved]


@dataclass(frozen=True)
class Account:
    id: str
    cents: int = 0
    version: int = 0


class State(TypedDict):
    events: list[Event]
    accounts: dict[str, Account]


class Apply(Flow[State]):
    @flow.step("sort")
    def sort(self, events):
        return {"ordered": sorted(events, key=lambda event: event.at)}

    @flow.step("fold")
    def fold(self, ordered, accounts):
        accounts = dict(accounts)
        for event in ordered:
            match event:
                case Opened(account=id):
                    accounts[id] = Account(id)
                case Moved(account=id, cents=cents):
                    before = accounts[id]
                    accounts[id] = replace(before, cents=before.cents + cents, version=before.version + 1)
        return {"accounts": accounts}

    @flow.step("changed")
    def changed(self, ordered):
        return {"changed": sorted({event.accont for event in ordered})}  # E: [union-attr] Item "Opened" # E: [union-attr] Item "Moved"


class Snapshot(Flow[State]):
    apply = flow.subflow("apply", Apply)

    @flow.step("check")
    def check(self, accounts):
        negative = [account.id for account in accounts.values() if account.cents < 0]
        kind: Literal["warning", "fine"] = "warning" if negative else "fine"
        return {"negative": negative, "kind": kind}

    @flow.step("publish")
    def publish(self, negatives: list[str], changed: list[str]):  # E(negatives): [stepkit-missing-key] did you mean "negative"?
        return {"published": [*negatives, *changed]}


class Rebuild(Flow[State]):
    snapshot = flow.subflow("snapshot", Snapshot, retries=1)

    @flow.step("report")
    def report(self, kind: Literal["warning", "fine"], accounts: list[Account]):  # E(accounts): [stepkit-key-type] reads "accounts" as "list[Account]" ... "dict[str, Account]"
        return {"report": f"{kind}: {len(accounts)} accounts"}


def watch(event: Rebuild.Event) -> int | None:
    if event.step_name == "snapshot/apply/fold":
        return sum(account.cents for account in event.context["accounts"].values())
    if event.step_name == "snapshot":
        return len(event.context["ordered"])
    return None


def moves(amounts: Iterable[int]) -> list[Event]:
    now = datetime(2026, 1, 1, tzinfo=timezone.utc)
    return [Opened("a", now), *(Moved("a", cents, now.replace(day=day)) for day, cents in enumerate(amounts, 2))]


if __name__ == "__main__":
    ordered = Apply().sort(events=list(reversed(moves([5, -2]))))["ordered"]
    accounts = Apply().fold(ordered=ordered, accounts={})["accounts"]
    assert accounts["a"] == Account("a", 3, 2)
