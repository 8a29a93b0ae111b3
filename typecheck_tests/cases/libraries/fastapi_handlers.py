# FastAPI handlers that run flows and answer with what they give.
from __future__ import annotations

from typing import Annotated, TypedDict

from fastapi import Depends, FastAPI, HTTPException
from probe import assert_type
from pydantic import BaseModel
from stepkit import Flow, flow

app = FastAPI()
store: dict[str, str] = {}


class Order(BaseModel):
    sku: str
    count: int = 1
    gifts: list[Order] = []


class Placed(BaseModel):
    sku: str
    total: float


class OrderIn(TypedDict):
    order: Order


class Prices:
    def of(self, sku: str) -> float:
        return 1.5


class PlaceOrder(Flow[OrderIn]):
    def __init__(self, prices: Prices) -> None:
        self.prices = prices

    @flow.step("price")
    def price(self, order):
        return {"price": self.prices.of(order.sku), "sku": order.sku}

    @flow.step("total", on_error="continue")
    async def total(self, price, order):
        return {"total": price * order.count}

    @flow.step("place")
    async def place(self, sku, total: float = 0.0):
        return {"placed": Placed(sku=sku, total=total)}


def prices() -> Prices:
    return Prices()


@app.post("/orders")
async def create(order: Order, prices: Annotated[Prices, Depends(prices)]) -> Placed:
    def save(event: PlaceOrder.Event) -> None:
        if event.step_name == "price":
            store[order.sku] = event.checkpoint

    result = await PlaceOrder(prices).run({"order": order}, on_step_complete=save)
    assert_type(result["price"], float)
    if result["totl"] > 100:  # E: [misc] "totl"
        raise HTTPException(402)
    return result["placed"]


@app.post("/orders/{sku}/resume")
async def resume(sku: str, prices: Annotated[Prices, Depends(prices)]) -> Placed:
    return (await PlaceOrder(prices).run_checkpoint(store[sku], override_data={"total": 1.0}))["placed"]
