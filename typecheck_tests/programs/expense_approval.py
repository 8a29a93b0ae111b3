"""Expenses are approved by a manager, and by finance too above a limit. One gate name is misspelt."""

from decimal import Decimal
from typing import NotRequired, TypedDict

from stepkit import Flow, flow


class Expense(TypedDict):
    employee: str
    amount: Decimal
    manager_ok: NotRequired[bool]
    finance_ok: NotRequired[bool]


class ApproveExpense(Flow[Expense]):
    @flow.step("validate")
    def validate(self, amount: Decimal):
        return {"needs_finance": amount > 1000}

    @flow.step("manager-review")
    def manager_review(self, employee: str, amount: Decimal):
        return {"question": f"{employee} asks for {amount}"}

    @flow.step("check-manager")
    def check_manager(self, manager_ok: bool = False):
        return {"state": "approved" if manager_ok else "rejected"}

    @flow.step("finance-review", when=lambda needs_finance, state: needs_finance and state == "approved")
    def finance_review(self, question: str):
        return {"finance_question": f"{question}; budget left?"}

    @flow.step("check-finance")
    def check_finance(self, needs_finance: bool, state: str, finance_ok: bool = False):
        return {"state": "rejected" if needs_finance and not finance_ok else state}

    @flow.step("pay", when=lambda state: state == "approved")
    def pay(self, amount: Decimal):
        return {"paid": amount}


class Waiting:
    def __init__(self) -> None:
        self.checkpoints: dict[str, str] = {}

    def gate(self, event: ApproveExpense.Event) -> None:
        if event.step_name == "manager-review" or event.step_name == "finance-review":
            self.checkpoints[event.context["employee"]] = event.checkpoint
            event.stop_pipeline()

    def wrong_gate(self, event: ApproveExpense.Event) -> None:
        if event.step_name == "manager_review":  # E("manager_review"): [stepkit-missing-key] no step "manager_review"; did you mean "manager-review"?
            event.stop_pipeline()

    def late(self, event: ApproveExpense.Event) -> None:
        if event.step_name == "validate":
            print(event.context["question"])  # E: [misc] "question" is not a valid TypedDict key

    def answer(self, employee: str, ok: bool) -> bool:
        checkpoint = self.checkpoints.pop(employee)
        expense = ApproveExpense()
        if "finance_question" in checkpoint:
            return "paid" in expense.run_checkpoint_sync(checkpoint, override_data={"finance_ok": ok})
        result = expense.run_checkpoint_sync(
            checkpoint, override_data={"manager_ok": ok}, on_step_complete=self.gate
        )
        return "paid" in result

    def answer_with_a_slip(self, employee: str) -> None:
        ApproveExpense().run_checkpoint_sync(
            self.checkpoints[employee],
            override_data={"manager_okay": True},  # E: [stepkit-override] "manager_okay"; did you mean "manager_ok"
        )


if __name__ == "__main__":
    waiting = Waiting()
    ApproveExpense().run_sync({"employee": "ana", "amount": Decimal(1500)}, on_step_complete=waiting.gate)
    assert not waiting.answer("ana", True)
    assert waiting.answer("ana", True)
