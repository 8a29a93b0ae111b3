"""Legal documents: extraction, two reviewers in turn, signatures. Paths of nested steps are gates."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from enum import Enum
from typing import NotRequired, TypedDict

from stepkit import Flow, flow


class State(str, Enum):
    DRAFT = "draft"
    REVIEWED = "reviewed"
    SIGNED = "signed"


@dataclass
class Clause:
    number: str
    text: str
    risky: bool = False


class DocumentInput(TypedDict):
    id: uuid.UUID
    text: str
    lawyer_note: NotRequired[str]
    signature: NotRequired[bytes]


class Clauses(TypedDict):
    clauses: list[Clause]
    lawyer_note: NotRequired[str]


class Review(Flow[Clauses]):
    @flow.step("mark")
    def mark(self, clauses: list[Clause]):
        for clause in clauses:
            clause.risky = "liab" in clause.text
        return {"clauses": clauses, "risky": [clause.number for clause in clauses if clause.risky]}

    @flow.step("lawyer")
    def lawyer(self, risky: list[str]):
        return {"question": f"May we accept {', '.join(risky)}?" if risky else None}

    @flow.step("note")
    def note(self, question: str | None, lawyer_note: str | None = None):
        if question is not None and lawyer_note is None:
            raise PermissionError(question)
        return {"state": State.REVIEWED, "notes": [lawyer_note] if lawyer_note else []}


class Sign(Flow[DocumentInput]):
    @flow.step("extract")
    def extract(self, text: str):
        clauses = []
        for line in text.splitlines():
            number, dot, rest = line.partition(". ")
            if dot:
                clauses.append(Clause(number, rest))
        return {"clauses": clauses, "state": State.DRAFT}

    review = flow.subflow("review", Review)

    @flow.step("request")
    def request(self, id: uuid.UUID, notes: list[str]):
        return {"request": f"{id.hex[:4]}: please sign ({len(notes)} notes)"}

    @flow.step("sign")
    def sign(self, state: State, signature: bytes = b""):
        if not signature:
            raise PermissionError("no signature")
        return {"state": State.SIGNED, "previous": state}


@dataclass
class Office:
    waiting: dict[str, list[str]] = field(default_factory=dict)

    def gate(self, event: Sign.Event) -> None:
        if event.step_name == "review/lawyer":
            if event.context["question"] is not None:
                self._wait("lawyer", event)
        elif event.step_name == "request":
            self._wait("client", event)

    def _wait(self, who: str, event: Sign.Event) -> None:
        self.waiting.setdefault(who, []).append(event.checkpoint)
        event.stop_pipeline()

    def start(self, text: str) -> None:
        Sign().run_sync({"id": uuid.uuid4(), "text": text}, on_step_complete=self.gate)

    def note(self, note: str) -> None:
        checkpoint = self.waiting["lawyer"].pop()
        Sign().run_checkpoint_sync(checkpoint, override_data={"lawyer_note": note}, on_step_complete=self.gate)

    def sign(self, signature: bytes) -> State:
        checkpoint = self.waiting["client"].pop()
        return Sign().run_checkpoint_sync(checkpoint, override_data={"signature": signature})["state"]


if __name__ == "__main__":
    office = Office()
    office.start("Contract\n1. We deliver.\n2. You are liable.")
    assert len(office.waiting["lawyer"]) == 1
    office.note("fine")
    assert office.sign(b"ana") is State.SIGNED
    office.start("1. Harmless")
    assert office.sign(b"bob") is State.SIGNED
