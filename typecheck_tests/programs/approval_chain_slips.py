"""Purchases go through a chain of approvals. What people decide is given back on resume, not always by its name."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from decimal import Decimal
from typing import NotRequired, TypedDict

from stepkit import Flow, deserialize_checkpoint, flow


@dataclass(frozen=True)
class Item:
    name: str
    price: Decimal
    count: int = 1


class PurchaseInput(TypedDict):
    items: list[Item]
    requester: str
    approver: NotRequired[str]
    budget: NotRequired[str]


class Purchase(Flow[PurchaseInput], name="purchase"):
    @flow.step("sum")
    def add_up(self, items: list[Item]):
        return {"sum": sum((item.price * item.count for item in items), Decimal(0))}

    @flow.step("ask-boss")
    def ask_boss(self, requester: str, sum: Decimal):
        return {"question": f"{requester} wants to spend {sum}"}

    @flow.step("approved-by", merge="error")
    def approved_by(self, requester: str, approver: str | None = None):
        if approver is None or approver == requester:
            raise PermissionError("somebody else must approve")
        return {"approval": approver}

    @flow.step("ask-controller", when=lambda sum: sum > 500)
    def ask_controller(self, sum: Decimal, approval: str):
        return {"question": f"{approval} approved {sum}; which budget?"}

    @flow.step("order", merge="error")
    def order(self, items: list[Item], approval: str, budget: str = "general"):
        order = f"{len(items)} items, {approval}, {budget}"
        return {"order": order, "approval": order}  # E: [stepkit-collision] step "order" gives "approval" under merge="error"


class Desk:
    def __init__(self) -> None:
        self.waiting: deque[str] = deque()

    def gate(self, event: Purchase.Event) -> None:
        if event.step_name in ("ask-boss", "ask-controler"):  # E("ask-controler"): [stepkit-missing-key] did you mean "ask-controller"?
            self.waiting.append(event.checkpoint)
            event.stop_pipeline()

    def start(self, requester: str, *items: Item) -> None:
        Purchase().run_sync({"requester": requester, "items": list(items)}, on_step_complete=self.gate)

    def question(self) -> str:
        output = deserialize_checkpoint(self.waiting[0]).output
        return str(output["question"])

    def approve(self, approver: str) -> None:
        Purchase().run_checkpoint_sync(
            self.waiting.popleft(), override_data={"approver": approver}, on_step_complete=self.gate
        )

    def approve_wrongly(self, approver: str) -> None:
        checkpoint = self.waiting.popleft()
        Purchase().run_checkpoint_sync(checkpoint, override_data={"approved": approver})  # E: [stepkit-override] sees the key "approved"
        Purchase().run_checkpoint_sync(checkpoint, override_data={"sum": 12.5})  # E: [stepkit-override] "sum"
        Purchase().run_checkpoint_sync(checkpoint, overide_data={"sum": Decimal(1)})  # E+: [call-arg] overide_data # N: defined in


if __name__ == "__main__":
    desk = Desk()
    desk.start("ana", Item("desk", Decimal(400)), Item("lamp", Decimal(30), 2))
    assert desk.question() == "ana wants to spend 460"
