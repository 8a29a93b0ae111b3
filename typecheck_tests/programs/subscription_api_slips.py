"""A subscription API: the slips are at its edges, where results are used and runs are started."""

from __future__ import annotations

import asyncio
from datetime import date, timedelta
from typing import Literal, TypedDict

from fastapi import FastAPI
from pydantic import BaseModel

from stepkit import Flow, flow


class Customer(BaseModel):
    email: str
    country: str = "de"


class SubscribeInput(TypedDict):
    customer: Customer
    plan: Literal["basic", "pro"]


class Subscribe(Flow[SubscribeInput]):
    prices = {"basic": 900, "pro": 2900}

    @flow.step("price")
    async def price(self, plan):
        return {"cents": self.prices[plan], "trial": plan == "pro"}

    @flow.step("trial", when=lambda trial: trial)
    async def start_trial(self):
        return {"trial_until": date.today() + timedelta(days=14)}

    @flow.step("tax")
    async def tax(self, customer, cents):
        rates = {"de": 19, "fr": 20}
        return {"tax": cents * rates.get(customer.countri, 0) // 100}  # E: [attr-defined] "Customer" has no attribute "countri"; maybe "country"?

    @flow.step("confirm")
    async def confirm(self, customer, cents, tax, trial_until=None):
        starts = trial_until or date.today()
        return {"confirmation": f"{customer.email}: {(cents + tax) / 100:.2f} from {starts:%d.%m.}", "starts": starts}


class Confirmation(BaseModel):
    text: str
    starts: date
    trial: bool


app = FastAPI()


@app.post("/subscriptions")
async def subscribe(customer: Customer, plan: Literal["basic", "pro"]) -> Confirmation:
    result = await Subscribe().run({"customer": customer, "plan": plan})
    return Confirmation(text=result["confirmation"], starts=result["starts"], trial=result["trial"])


@app.post("/subscriptions/free")
async def subscribe_free(customer: Customer) -> Confirmation:
    result = await Subscribe().run({"customer": customer, "plan": "free"})  # E: [typeddict-item] Literal['basic', 'pro']
    text: int = result["confirmation"]  # E: [assignment] expression has type "str", variable has type "int"
    return Confirmation(text=str(text), starts=result["starts"], trial=False)


@app.post("/subscriptions/sync")
def subscribe_sync(customer: Customer) -> dict[str, object]:
    result = Subscribe().run({"customer": customer, "plan": "pro"})
    return {"text": result["confirmation"]}  # E+: [index] "Coroutine # N: Maybe you forgot to use "await"?


async def trial_days(customer: Customer) -> int:
    result = await Subscribe().run({"customer": customer, "plan": "pro"})
    until = result.get("trial_until")
    return (until - date.today()).days  # E: [operator] Unsupported left operand type for - ("None") # N: Left operand is of type "date | None"


if __name__ == "__main__":
    step = Subscribe()
    priced = asyncio.run(step.price(plan="pro"))
    assert priced == {"cents": 2900, "trial": True}
    assert asyncio.run(step.start_trial())["trial_until"] > date.today()
