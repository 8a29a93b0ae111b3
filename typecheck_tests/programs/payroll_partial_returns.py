"""Payroll: returns are TypedDicts with keys that may be missing; an unpaid month goes another way."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import NotRequired, Required, TypedDict

from stepkit import Flow, flow


@dataclass(frozen=True)
class Employee:
    name: str
    salary: Decimal
    since: date
    pension: bool = True


class PayInput(TypedDict):
    employee: Employee
    month: date
    unpaid_days: NotRequired[int]


class Gross(TypedDict):
    gross: Decimal
    bonus: NotRequired[Decimal]


class Deductions(TypedDict, total=False):
    tax: Required[Decimal]
    pension: Decimal
    union_fee: Decimal


class Payroll(Flow[PayInput]):
    @flow.step("gross")
    def gross(self, employee: Employee, month: date, unpaid_days: int = 0) -> Gross:
        gross = (employee.salary * (30 - unpaid_days) / 30).quantize(Decimal("0.01"))
        if month.month == 12:
            return {"gross": gross, "bonus": employee.salary / 2}
        return {"gross": gross}

    @flow.step("years")
    def years(self, employee, month):
        return {"years": (month - employee.since).days // 365}

    @flow.step("deduct")
    def deduct(self, employee: Employee, gross: Decimal, bonus: Decimal = Decimal(0)) -> Deductions:
        deductions: Deductions = {"tax": (gross + bonus) / 5}
        if employee.pension:
            deductions["pension"] = gross / 10
        return deductions

    @flow.step("net", on_error="skip-remaining")
    def net(self, gross, tax, bonus=Decimal(0), pension=Decimal(0), union_fee=Decimal(0)):
        net = gross + bonus - tax - pension - union_fee
        if net <= 0:
            raise ValueError("nothing to pay")
        return {"net": net}

    @flow.step("slip")
    def slip(self, employee, net, years):
        return {"slip": f"{employee.name} ({years}): {net:.2f}"}


class Transfer(Payroll):
    @flow.step("transfer")
    def transfer(self, slip: str, net: Decimal, iban: str):  # E(iban): [stepkit-missing-key] step "transfer" reads "iban", which no earlier step provides
        return {"transferred": f"{net} to {iban} ({slip})"}


def pay(employees: list[Employee], month: date, unpaid: dict[str, int]) -> dict[str, str]:
    slips: dict[str, str] = {}
    for employee in employees:
        start: PayInput = {"employee": employee, "month": month}
        if (days := unpaid.get(employee.name)) is not None:
            start["unpaid_days"] = days
        result = Payroll().run_sync(start)
        slips[employee.name] = result.get("slip", "nothing")
        assert result["tax"] >= 0 and result.get("union_fee") is None
    return slips


if __name__ == "__main__":
    staff = [Employee("ana", Decimal(3000), date(2020, 1, 1)), Employee("bob", Decimal(1500), date(2024, 6, 1), False)]
    assert pay(staff, date(2026, 5, 1), {"bob": 30}) == {"ana": "ana (6): 2100.00", "bob": "nothing"}
    assert pay(staff[:1], date(2026, 12, 1), {})["ana"] == "ana (6): 3300.00"
