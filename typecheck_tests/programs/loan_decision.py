"""Loan decisions by amount: branches in branches, three deep. One case asks for what nobody gives."""

from decimal import Decimal
from enum import Enum, auto
from typing import NotRequired, TypedDict

from stepkit import Flow, flow


class Decision(Enum):
    GRANTED = auto()
    REFUSED = auto()
    MANUAL = auto()


class Application(TypedDict):
    name: str
    amount: Decimal
    income: Decimal
    collateral: NotRequired[Decimal]


class Scored(Application):
    score: int


class WithGuarantor(Application):
    guarantor: str


class Small(Flow[Application]):
    @flow.step("quick")
    def quick(self, income: Decimal, amount: Decimal):
        return {"decision": Decision.GRANTED if income > amount else Decision.REFUSED, "rate": Decimal("4.9")}


class Secured(Flow[Scored]):
    @flow.step("ratio")
    def ratio(self, amount: Decimal, collateral: Decimal):  # E(collateral): [stepkit-maybe-missing] "collateral"
        return {"ratio": amount / collateral}

    @flow.step("decide")
    def decide(self, ratio: Decimal):
        return {"decision": Decision.GRANTED if ratio < 1 else Decision.MANUAL, "rate": Decimal("3.1")}


class Unsecured(Flow[Scored]):
    @flow.step("decide")
    def decide(self, score: int):
        decision = Decision.GRANTED if score > 700 else Decision.REFUSED
        return {"decision": decision, "rate": Decimal("6.5"), "insurance": True}


class Guaranteed(Flow[WithGuarantor]):
    @flow.step("ask")
    def ask(self, guarantor: str):
        return {"decision": Decision.MANUAL, "rate": Decimal(0), "contact": guarantor}


class Large(Flow[Application]):
    @flow.step("score")
    def score(self, income):
        return {"score": min(850, 300 + int(income) // 100)}

    @flow.branch("security", cases={"secured": Secured, "unsecured": Unsecured})
    def security(self, collateral: Decimal = Decimal(0)):
        return "secured" if collateral else "unsecured"


class Decide(Flow[Application]):
    @flow.branch("size", cases={"small": Small, "large": Large, "guaranteed": Guaranteed})  # E: [stepkit-nested-input] "guarantor" is missing
    def size(self, amount: Decimal):
        if amount < 1000:
            return "small"
        return "huge" if amount > 1_000_000 else "large"  # E: [stepkit-branch-case] branch "size" has no case "huge"

    @flow.step("letter")
    def letter(self, name: str, decision: Decision, rate: Decimal, insurance: bool = False):
        if decision is Decision.REFUSED:
            return {"letter": f"Dear {name}, we are sorry"}
        return {"letter": f"Dear {name}, {decision.name.lower()} at {rate} %{' with insurance' if insurance else ''}"}


def rate_of(application: Application) -> Decimal:
    return Decide().run_sync(application)["rate"]


if __name__ == "__main__":
    small: Application = {"name": "Ana", "amount": Decimal(500), "income": Decimal(900)}
    assert rate_of(small) == Decimal("4.9")
    assert rate_of({**small, "amount": Decimal(5000)}) == Decimal("6.5")
    assert rate_of({**small, "amount": Decimal(5000), "collateral": Decimal(9000)}) == Decimal("3.1")
