"""Know-your-customer checks with a person in the middle; what waits is kept in SQLite."""

from __future__ import annotations

import enum
import sqlite3
from dataclasses import dataclass, field
from datetime import date
from typing import NotRequired, TypedDict

from stepkit import CircuitBreaker, Flow, flow


class Risk(enum.Enum):
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


@dataclass(frozen=True)
class Applicant:
    name: str
    born: date
    country: str
    documents: tuple[str, ...] = ()


@dataclass
class Finding:
    source: str
    score: float
    remarks: list[str] = field(default_factory=list)


class KycInput(TypedDict):
    applicant: Applicant
    referrer: NotRequired[str]
    officer: NotRequired[str]


class Registry:
    def lookup(self, name: str) -> Finding:
        return Finding("registry", 0.7 if name.startswith("X") else 0.1)


class Kyc(Flow[KycInput]):
    """Screens an applicant, waits for an officer where it must, and opens the account."""

    def __init__(self, registry: Registry, today: date) -> None:
        self.registry = registry
        self.today = today

    @flow.step("validate")
    def validate(self, applicant: Applicant) -> None:
        if not applicant.documents:
            raise ValueError(f"{applicant.name} has given no documents")

    screening = flow.parallel("screening", mode="settled")

    @screening.step("sanctions", retries=1)
    def sanctions(self, applicant: Applicant):
        return {"sanctions": self.registry.lookup(applicant.name)}

    @screening.step(circuit_breaker=CircuitBreaker(failure_threshold=3, cooldown=60))
    async def media(self, applicant: Applicant):
        return {"media": Finding("media", 0.2, [f"nothing on {applicant.name}"])}

    @flow.step("age")
    def age(self, applicant: Applicant):
        born = applicant.born
        before_birthday = (self.today.month, self.today.day) < (born.month, born.day)
        return {"age": self.today.year - born.year - before_birthday}

    @flow.step("risk")
    def risk(self, age: int, sanctions: Finding | None = None, media: Finding | None = None, referrer: str = ""):
        scores = [finding.score for finding in (sanctions, media) if finding is not None]
        if not scores or max(scores) > 0.5:
            return {"risk": Risk.HIGH}
        return {"risk": Risk.MEDIUM if age < 21 or not referrer else Risk.LOW}

    @flow.step("open-account")
    def open_account(self, applicant: Applicant, risk: Risk, officer: str | None = None):
        if risk is Risk.HIGH and officer is None:
            raise PermissionError(f"{applicant.name} needs an officer")
        return {"account": f"acc-{applicant.name.lower()}", "limit": 500 if risk is Risk.HIGH else 10_000}


class Desk:
    def __init__(self, db: sqlite3.Connection, kyc: Kyc) -> None:
        self.db = db
        self.kyc = kyc
        db.execute("CREATE TABLE cases (id INTEGER PRIMARY KEY, name TEXT, checkpoint TEXT, done INT DEFAULT 0)")

    def _gate(self, event: Kyc.Event) -> None:
        if event.step_name != "risk":
            return
        if event.context["risk"] is Risk.HIGH:
            with self.db:
                self.db.execute(
                    "INSERT INTO cases (name, checkpoint) VALUES (?, ?)",
                    (event.context["applicant"].name, event.checkpoint),
                )
            event.stop_pipeline()

    def apply(self, applicant: Applicant, **extra: str) -> str | None:
        result = self.kyc.run_sync({"applicant": applicant}, on_step_complete=self._gate)
        return result.get("account")

    def decide(self, case: int, officer: str) -> str:
        with self.db:
            claim = "UPDATE cases SET done = 1 WHERE id = ? AND NOT done RETURNING checkpoint"
            row = self.db.execute(claim, (case,)).fetchone()
            if row is None:
                raise LookupError(case)
            result = self.kyc.run_checkpoint_sync(row[0], override_data={"officer": officer})
        return result["account"]


if __name__ == "__main__":
    desk = Desk(sqlite3.connect(":memory:"), Kyc(Registry(), date(2026, 1, 1)))
    assert desk.apply(Applicant("Ana", date(1990, 5, 1), "PT", ("passport",))) == "acc-ana"
    assert desk.apply(Applicant("Xerxes", date(1970, 5, 1), "IR", ("passport",))) is None
    assert desk.decide(1, officer="Olga") == "acc-xerxes"
