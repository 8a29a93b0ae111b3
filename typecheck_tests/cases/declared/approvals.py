"""What somebody decides at a gate is in the context behind it."""

from dataclasses import dataclass
from typing import Any, NotRequired, TypedDict

import msgspec
import probe
from stepkit import Flow, flow


class Order(TypedDict):
    amount: int


class Decision(TypedDict):
    approved: bool
    note: NotRequired[str]


@dataclass
class Signed:
    by: str
    at: float = 0.0


class Price(msgspec.Struct):
    net: int
    gross: int = 0


class Checked(Flow[Order]):
    decision = flow.approval("decide", Decision)
    signature = flow.approval("sign", Signed, expires=60)
    price = flow.approval("price", Price, when=lambda amount: amount > 10)

    @flow.step("ship")
    def ship(self, approved, by, at, net=None, note=""):
        probe.assert_type(approved, bool)
        probe.assert_type(by, str)
        probe.assert_type(at, float)
        probe.assert_type(net, int | None)
        probe.assert_type(note, str)
        return {"shipped": approved}

    @flow.step("wrong")
    def wrong(self, aproved):  # E: [stepkit-missing-key] "aproved", which no earlier step provides; did you mean "approved"?
        return None

    @flow.step("late")
    def late(self, gross):  # E: [stepkit-maybe-missing] "gross", which may be missing: step "price" gives it
        return None

    @flow.step("other")
    def other(self, by: int):  # E: [stepkit-key-type] reads "by" as "int", but step "sign" gives it as "str"
        return None


class Result(TypedDict):
    amount: int
    approved: bool
    note: NotRequired[str]
    by: str
    at: float
    net: NotRequired[int]
    gross: NotRequired[int]
    shipped: bool


def run(checked: Checked) -> None:
    probe.assert_type(checked.run_sync({"amount": 1}), Result)


def unseen(payload: Any) -> None:
    class Unseen(Flow[Order]):
        decision = flow.approval("decide", payload)  # N: approval "decide": the keys of its payload cannot be seen

        @flow.step("ship")
        def ship(self, approved):
            return {"shipped": approved}


class Outer(Flow[Order]):
    inner = flow.subflow("inner", Checked)

    @flow.step("after")
    def after(self, by, shipped):
        probe.assert_type(by, str)
        return None


probe.assert_type(Checked.decision, flow.Approval[Decision])
flow.approval("manager", 3)  # E+: "type[
