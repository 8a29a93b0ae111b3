"""Closes accounts: transforms between phases keep the context small; a subclass for tests replaces what is outside."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import TypedDict

from stepkit import Flow, flow
from stepkit.testing import assert_resumable_sync


@dataclass(frozen=True)
class Booking:
    day: date
    amount: Decimal
    text: str = ""


@dataclass(frozen=True)
class Account:
    iban: str
    rate: Decimal
    bookings: tuple[Booking, ...]


class ClosingInput(TypedDict):
    iban: str
    until: date


class Load(Flow[ClosingInput]):
    @flow.step("load")
    def load(self, iban: str):
        return {"account": self.find(iban)}

    def find(self, iban: str) -> Account:
        raise NotImplementedError


class LoadFake(Load):
    def find(self, iban: str) -> Account:
        bookings = (Booking(date(2026, 1, 1), Decimal(1000), "opening"), Booking(date(2026, 7, 1), Decimal(-200)))
        return Account(iban, Decimal("0.02"), bookings)


class Close(Flow[ClosingInput]):
    account_data = flow.subflow("account", Load)

    @flow.step("check")
    def check(self, account: Account, until: date) -> None:
        if any(booking.day > until for booking in account.bookings):
            raise ValueError("bookings after the closing day")

    @flow.step("interest")
    def interest(self, account: Account, until: date):
        interest = Decimal(0)
        balance = Decimal(0)
        days = sorted(account.bookings, key=lambda booking: booking.day)
        ends = [booking.day for booking in days[1:]] + [until + timedelta(days=1)]
        for booking, end in zip(days, ends, strict=True):
            balance += booking.amount
            interest += balance * account.rate * (end - booking.day).days / 365
        return {"balance": balance, "interest": interest.quantize(Decimal("0.01"), ROUND_HALF_UP)}

    @flow.transform("forget-bookings")
    def forget(self, iban: str, balance: Decimal, interest: Decimal, account: Account):
        return {"iban": iban, "payout": balance + interest, "bookings": len(account.bookings)}

    @flow.step("tax")
    def tax(self, payout, interest: Decimal = Decimal(0)):  # E(interest): [stepkit-useless-default] "interest"
        return {"tax": interest * 25 / 100, "payout": payout - interest * 25 / 100}

    @flow.step("letter")
    def letter(self, iban, payout, tax):
        return {"letter": f"{iban}: {payout:.2f} (tax {tax:.2f})"}

    @flow.step("archive", when=lambda bookings: bookings > 0)
    def archive(self, ctx, /):
        return {"archived": sorted(ctx), "balance": ctx["balance"]}  # E: [misc] "balance" is not a valid TypedDict key


class CloseInTests(Close):
    account_data = flow.subflow("account", LoadFake)

    @flow.step("tax")
    def tax(self, payout):
        return {"tax": payout * 0, "payout": payout}

    @flow.step("archive")
    def archive(self, ctx, /):
        return {"archived": sorted(ctx)}


if __name__ == "__main__":
    start: ClosingInput = {"iban": "DE1", "until": date(2026, 12, 31)}
    result = CloseInTests().run_sync(start)
    assert result["letter"] == "DE1: 817.98 (tax 0.00)", result["letter"]
    assert result["archived"] == ["bookings", "iban", "letter", "payout", "tax"]
    assert assert_resumable_sync(CloseInTests, start) == result
