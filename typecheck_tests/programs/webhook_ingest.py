"""Takes webhooks of a payment provider: decodes them with msgspec and routes them by kind."""

from datetime import datetime, timezone
from typing import Literal, TypedDict, Union

import msgspec

from stepkit import Flow, flow


class Charged(msgspec.Struct, tag="charged", frozen=True):
    order: str
    cents: int
    at: datetime


class Refunded(msgspec.Struct, tag="refunded", frozen=True):
    order: str
    cents: int
    reason: str = ""


class Disputed(msgspec.Struct, tag="disputed", frozen=True):
    order: str
    deadline: datetime


Hook = Union[Charged, Refunded, Disputed]
decoder = msgspec.json.Decoder(Hook)


class HookInput(TypedDict):
    payload: bytes


class Known(TypedDict):
    hook: Hook


class Ledger:
    def __init__(self) -> None:
        self.entries: dict[str, int] = {}
        self.alerts: list[str] = []

    def post(self, order: str, cents: int) -> int:
        self.entries[order] = self.entries.get(order, 0) + cents
        return self.entries[order]


class BookCharge(Flow[Known]):
    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger

    @flow.step("book")
    def book(self, hook: Hook):
        match hook:
            case Charged(order=order, cents=cents):
                return {"balance": self.ledger.post(order, cents)}
            case Refunded(order=order, cents=cents):
                return {"balance": self.ledger.post(order, -cents)}
            case _:
                raise TypeError(hook)


class Alert(Flow[Known]):
    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger

    @flow.step("alert")
    def alert(self, hook: Hook):
        assert isinstance(hook, Disputed)
        self.ledger.alerts.append(hook.order)
        return {"answer_until": hook.deadline}


class Ingest(Flow[HookInput]):
    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger

    @flow.step("decode")
    def decode(self, payload: bytes) -> Known:
        return {"hook": decoder.decode(payload)}

    @flow.branch(
        "route",
        cases={"book": lambda self: BookCharge(self.ledger), "alert": lambda self: Alert(self.ledger)},
    )
    def route(self, hook: Hook) -> Literal["book", "alert"]:
        return "alert" if isinstance(hook, Disputed) else "book"

    @flow.step("answer")
    def answer(self, hook: Hook, balance: int | None = None, answer_until: datetime | None = None):
        if balance is not None:
            return {"status": f"{hook.order}: {balance}"}
        return {"status": f"{hook.order}: answer until {answer_until:%Y-%m-%d}" if answer_until else "?"}


if __name__ == "__main__":
    ledger = Ledger()
    ingest = Ingest(ledger)
    now = datetime(2026, 5, 1, tzinfo=timezone.utc)
    hooks: list[Hook] = [Charged("o1", 500, now), Refunded("o1", 200, "broken"), Disputed("o1", now)]
    statuses = []
    for hook in hooks:
        saved: list[str] = []
        result = ingest.run_sync(
            {"payload": msgspec.json.encode(hook)}, on_step_complete=lambda event: saved.append(event.checkpoint)
        )
        statuses.append(result["status"])
        assert ingest.run_checkpoint_sync(saved[-1])["status"] == result["status"]
    assert statuses == ["o1: 500", "o1: 300", "o1: answer until 2026-05-01"], statuses
    assert ledger.alerts == ["o1"]
