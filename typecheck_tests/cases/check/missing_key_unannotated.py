# The same for a parameter without an annotation, in an async step, keyword-only, on its own line.
from typing import TypedDict

from stepkit import Flow, flow


class Input(TypedDict):
    amount: int


class Slip(Flow[Input]):
    @flow.step("charge")
    async def charge(
        self,
        amount,
        *,
        currency,  # E(currency): [stepkit-missing-key] step "charge" reads "currency"
    ):
        return {"receipt": f"{amount} {currency}"}

    @flow.step("book")
    def book(self, amont, receipt):  # E(amont): [stepkit-missing-key] step "book" reads "amont" ... did you mean "amount"?
        return {"booked": receipt}
