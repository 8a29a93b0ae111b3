"""Insurance claims with attrs classes, validators and converters; assessors plug in through a protocol."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from enum import Enum
from typing import ClassVar, Protocol, TypedDict

import attrs
from attrs import define, field, frozen, validators

from stepkit import Flow, flow


class Kind(Enum):
    WATER = "water"
    FIRE = "fire"
    THEFT = "theft"


@frozen
class Policy:
    number: str = field(validator=validators.matches_re(r"P-\d+"))
    since: date
    covers: frozenset[Kind]
    deductible: int = 150


@define(slots=True)
class Claim:
    policy: Policy
    kind: Kind
    happened: date
    cents: int = field(validator=validators.ge(0))
    photos: list[str] = field(factory=list)


@frozen
class Assessment:
    payout: int
    remarks: tuple[str, ...] = ()

    def minus(self, cents: int, remark: str) -> Assessment:
        return attrs.evolve(self, payout=max(self.payout - cents, 0), remarks=(*self.remarks, remark))


class ClaimInput(TypedDict):
    claim: Claim
    today: date


class Rule(Protocol):
    name: ClassVar[str]

    def apply(self, claim: Claim, assessment: Assessment) -> Assessment: ...


class Deductible:
    name: ClassVar[str] = "deductible"

    def apply(self, claim: Claim, assessment: Assessment) -> Assessment:
        return assessment.minus(claim.policy.deductible, self.name)


class NoPhotos:
    name: ClassVar[str] = "no photos"

    def apply(self, claim: Claim, assessment: Assessment) -> Assessment:
        return assessment if claim.photos else assessment.minus(assessment.payout // 2, self.name)


class Settle(Flow[ClaimInput]):
    def __init__(self, rules: Iterable[Rule] = ()) -> None:
        self.rules: Sequence[Rule] = tuple(rules)

    @flow.step("cover")
    def cover(self, claim: Claim):
        covered = claim.kind in claim.policy.covers and claim.happened >= claim.policy.since
        return {"covered": covered}

    @flow.step("deadline", when=lambda covered: covered)
    def deadline(self, claim: Claim, today: date):
        if (today - claim.happened).days > 365:
            return {"covered": False, "reason": "too late"}
        return None

    @flow.step("assess", when=lambda covered: covered)
    def assess(self, claim: Claim):
        assessment = Assessment(claim.cents)
        for rule in self.rules:
            assessment = rule.apply(claim, assessment)
        return {"assessment": assessment}

    @flow.step("letter")
    def letter(self, claim: Claim, reason: str = "not covered", assessment: Assessment | None = None):
        number = claim.policy.number
        if assessment is None:
            return {"letter": f"{number}: {reason}", "paid": 0}
        remarks = f" ({', '.join(assessment.remarks)})" if assessment.remarks else ""
        return {"letter": f"{number}: {assessment.payout}{remarks}", "paid": assessment.payout}


def settle(claims: Iterable[Claim], today: date) -> tuple[int, list[str]]:
    settle = Settle([NoPhotos(), Deductible()])
    checkpoints: list[str] = []
    results = [
        settle.run_sync(
            {"claim": claim, "today": today}, on_step_complete=lambda event: checkpoints.append(event.checkpoint)
        )
        for claim in claims
    ]
    resumed = settle.run_checkpoint_sync(checkpoints[0])
    assert resumed["letter"] == results[0]["letter"]
    return sum(result["paid"] for result in results), [result["letter"] for result in results]


if __name__ == "__main__":
    policy = Policy("P-1", date(2020, 1, 1), frozenset({Kind.FIRE, Kind.WATER}))
    claims = [
        Claim(policy, Kind.FIRE, date(2026, 1, 1), 10_000),
        Claim(policy, Kind.THEFT, date(2026, 1, 1), 10_000),
        Claim(policy, Kind.WATER, date(2024, 1, 1), 10_000, ["a.jpg"]),
    ]
    total, letters = settle(claims, date(2026, 2, 1))
    assert total == 4850 and letters[0].startswith("P-1: 4850 (no photos"), letters
    assert letters[1:] == ["P-1: not covered", "P-1: too late"]
