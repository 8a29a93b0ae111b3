"""An order service whose checkpoints cannot be saved: a session and a client in the context, a class that nobody names."""

from __future__ import annotations

import sqlite3
import threading
from dataclasses import dataclass
from decimal import Decimal
from typing import TypedDict

import httpx

from stepkit import Flow, flow


@dataclass
class Line:
    sku: str
    amount: Decimal


class OrderInput(TypedDict):
    id: int
    skus: list[str]


class Order(Flow[OrderInput]):
    @flow.step("connect")
    def connect(self):
        return {"client": httpx.Client(base_url="https://shop.test"), "guard": threading.Lock()}

    @flow.step("lines")
    def lines(self, skus):
        return {"lines": [Line(sku, Decimal(1)) for sku in skus]}

    @flow.step("total")
    def total(self, lines):
        return {"total": sum((line.amount for line in lines), Decimal(0))}


class OrderWithSelf(Flow[OrderInput], codecs=[Line]):
    def __init__(self, client: httpx.Client) -> None:
        self.client = client

    @flow.step("lines")
    def lines(self, skus):
        return {"lines": [Line(sku, Decimal(1)) for sku in skus]}

    @flow.step("total")
    def total(self, lines):
        return {"total": sum((line.amount for line in lines), Decimal(0))}


class Store:
    def __init__(self, path: str) -> None:
        self.db = sqlite3.connect(path)
        self.db.execute("CREATE TABLE saved (id INT, checkpoint TEXT)")

    def save(self, id: int, checkpoint: str) -> None:
        with self.db:
            self.db.execute("INSERT INTO saved VALUES (?, ?)", (id, checkpoint))

    def run(self, id: int, skus: list[str]) -> Decimal:
        def save(event: Order.Event) -> None:
            self.save(id, event.checkpoint)  # E: [stepkit-unsavable] cannot save "client" # E: [stepkit-unsavable] cannot save "guard" # E: [stepkit-unsavable] could not restore "lines"

        return Order().run_sync({"id": id, "skus": skus}, on_step_complete=save)["total"]

    def run_right(self, id: int, skus: list[str]) -> Decimal:
        def save(event: OrderWithSelf.Event) -> None:
            self.save(id, event.checkpoint)

        with httpx.Client() as client:
            return OrderWithSelf(client).run_sync({"id": id, "skus": skus}, on_step_complete=save)["total"]


if __name__ == "__main__":
    store = Store(":memory:")
    assert store.run_right(1, ["tea", "cup"]) == 2
    assert store.db.execute("SELECT count(*) FROM saved").fetchone() == (2,)
    assert Order().run_sync({"id": 2, "skus": ["tea"]})["total"] == 1
