"""Exports what is known of a person: collectors in parallel, one may fail; the archive is made at the end."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Mapping
from typing import Any, Protocol, TypedDict
from uuid import UUID, uuid5, NAMESPACE_URL

from stepkit import Flow, flow


class Collector(Protocol):
    def collect(self, person: UUID) -> Mapping[str, Any]: ...


class Orders:
    def collect(self, person: UUID) -> dict[str, Any]:
        return {"orders": [{"id": 1, "total": "9.90"}]}


class Tickets:
    def collect(self, person: UUID) -> dict[str, Any]:
        raise TimeoutError("ticket service")


class Tracking:
    def __init__(self, events: dict[UUID, list[str]]) -> None:
        self.events = events

    def collect(self, person: UUID) -> dict[str, Any]:
        return {"events": self.events.pop(person, None) or ["none"]}


class Request(TypedDict):
    person: UUID
    email: str


class Collect(Flow[Request]):
    """One collector as a flow of its own, so that it can be retried and named."""

    def __init__(self, collector: Collector) -> None:
        self.collector = collector

    @flow.step("collect", retries=1)
    def collect(self, person: UUID):
        data = self.collector.collect(person)
        return {"collected": {type(self.collector).__name__.lower(): dict(data)}}


class Export(Flow[Request]):
    def __init__(self, orders: Collector, tickets: Collector, tracking: Collector) -> None:
        self.orders = orders
        self.tickets = tickets
        self.tracking = tracking

    sources = flow.parallel("sources", mode="settled")

    @sources.step("orders")
    def from_orders(self, person):
        return {"orders": Collect(self.orders).run_sync({"person": person, "email": ""})["collected"]}

    @sources.step("tickets")
    def from_tickets(self, person):
        return {"tickets": Collect(self.tickets).run_sync({"person": person, "email": ""})["collected"]}

    @sources.step("tracking")
    def from_tracking(self, person):
        return {"tracking": self.tracking.collect(person)}

    @flow.step("merge")
    def merge(self, orders=None, tickets=None, tracking=None):
        sections = {"orders": orders, "tickets": tickets, "tracking": tracking}
        return {
            "data": {name: section for name, section in sections.items() if section is not None},
            "incomplete": sorted(name for name, section in sections.items() if section is None),
        }

    @flow.step("archive")
    def archive(self, email, data, incomplete):
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as archive:
            for name, section in data.items():
                archive.writestr(f"{name}.json", json.dumps(section, default=str))
            archive.writestr("README.txt", f"Data of {email}. Missing: {', '.join(incomplete) or 'nothing'}")
        return {"archive": buffer.getvalue()}

    @flow.step("seal")
    def seal(self, archive):
        return {"sha256": hashlib.sha256(archive).hexdigest(), "size": len(archive)}


if __name__ == "__main__":
    person = uuid5(NAMESPACE_URL, "ana")
    failures: list[str] = []
    result = Export(Orders(), Tickets(), Tracking({person: ["login"]})).run_sync(
        {"person": person, "email": "ana@example.org"}, on_step_error=lambda step, error: failures.append(step)
    )
    assert result["incomplete"] == ["tickets"] and failures == ["sources/tickets"], failures
    with zipfile.ZipFile(io.BytesIO(result["archive"])) as archive:
        assert sorted(archive.namelist()) == ["README.txt", "orders.json", "tracking.json"]
    digest: str = result["sha256"]
    assert len(digest) == 64 and result["size"] > 100
