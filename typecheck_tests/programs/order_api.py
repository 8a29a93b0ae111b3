"""An order service: FastAPI in front, a payment service behind httpx, checkpoints in SQLite."""

from __future__ import annotations

import sqlite3
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import Annotated, TypedDict

import httpx
from fastapi import Depends, FastAPI, HTTPException, Request
from fastapi.testclient import TestClient
from pydantic import BaseModel, Field

from stepkit import Flow, flow


class Line(BaseModel):
    sku: str
    quantity: Annotated[int, Field(gt=0)]
    price: Decimal


class OrderRequest(BaseModel):
    customer_id: str
    lines: list[Line]


class OrderResponse(BaseModel):
    order_id: str
    total: Decimal
    receipt: str


class PlaceOrderInput(TypedDict):
    order_id: str
    request: OrderRequest


class PlaceOrder(Flow[PlaceOrderInput]):
    def __init__(self, payments: httpx.AsyncClient) -> None:
        self.payments = payments

    @flow.step("price")
    def price(self, request: OrderRequest):
        net = sum((line.price * line.quantity for line in request.lines), Decimal(0))
        return {"net": net, "vat": (net * Decimal("0.19")).quantize(Decimal("0.01"))}

    @flow.step("total")
    def add_up(self, net, vat):
        return {"total": net + vat}

    @flow.step("charge", retries=2, retry_delay=0.01, should_retry=(httpx.TransportError,), timeout=5)
    async def charge(self, order_id: str, total: Decimal):
        response = await self.payments.post(
            "/charges",
            json={"order": order_id, "amount": str(total)},
            headers={"Idempotency-Key": flow.current().idempotency_key},
        )
        response.raise_for_status()
        payload: dict[str, str] = response.json()
        return {"receipt": payload["receipt"], "status_code": response.status_code}


class Checkpoints:
    def __init__(self, path: str) -> None:
        self.db = sqlite3.connect(path, check_same_thread=False)
        self.db.execute("CREATE TABLE IF NOT EXISTS checkpoints (order_id TEXT, step TEXT, checkpoint TEXT)")

    def save(self, order_id: str, event: PlaceOrder.Event) -> None:
        with self.db:
            self.db.execute("INSERT INTO checkpoints VALUES (?, ?, ?)", (order_id, event.step_name, event.checkpoint))

    def latest(self, order_id: str) -> str | None:
        query = "SELECT checkpoint FROM checkpoints WHERE order_id = ? ORDER BY rowid DESC LIMIT 1"
        row = self.db.execute(query, (order_id,)).fetchone()
        return None if row is None else str(row[0])


def fake_payments(request: httpx.Request) -> httpx.Response:
    return httpx.Response(201, json={"receipt": f"r-{request.headers['idempotency-key'][-6:]}"})


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    async with httpx.AsyncClient(base_url="https://pay.test", transport=httpx.MockTransport(fake_payments)) as client:
        app.state.place_order = PlaceOrder(client)
        app.state.checkpoints = Checkpoints(":memory:")
        yield


app = FastAPI(lifespan=lifespan)


def get_flow(request: Request) -> PlaceOrder:
    place_order: PlaceOrder = request.app.state.place_order
    return place_order


def get_checkpoints(request: Request) -> Checkpoints:
    checkpoints: Checkpoints = request.app.state.checkpoints
    return checkpoints


@app.post("/orders", status_code=201)
async def create_order(
    body: OrderRequest,
    place_order: Annotated[PlaceOrder, Depends(get_flow)],
    checkpoints: Annotated[Checkpoints, Depends(get_checkpoints)],
) -> OrderResponse:
    order_id = uuid.uuid4().hex
    result = await place_order.run(
        {"order_id": order_id, "request": body},
        on_step_complete=lambda event: checkpoints.save(order_id, event),
    )
    return OrderResponse(order_id=order_id, total=result["total"], receipt=result["receipt"])


@app.post("/orders/{order_id}/resume")
async def resume_order(
    order_id: str,
    place_order: Annotated[PlaceOrder, Depends(get_flow)],
    checkpoints: Annotated[Checkpoints, Depends(get_checkpoints)],
) -> OrderResponse:
    checkpoint = checkpoints.latest(order_id)
    if checkpoint is None:
        raise HTTPException(404, f"no order {order_id}")
    result = await place_order.run_checkpoint(checkpoint)
    return OrderResponse(order_id=result["order_id"], total=result["total"], receipt=result["receipt"])


if __name__ == "__main__":
    with TestClient(app) as client:
        order = {"customer_id": "c1", "lines": [{"sku": "tea", "quantity": 2, "price": "4.50"}]}
        created = client.post("/orders", json=order)
        assert created.status_code == 201, created.text
        assert created.json()["total"] == "10.71"
        again = client.post(f"/orders/{created.json()['order_id']}/resume")
        assert again.json() == created.json()
        assert client.post("/orders/nope/resume").status_code == 404
