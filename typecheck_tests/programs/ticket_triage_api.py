"""Triage of tickets behind FastAPI: routers, dependencies, background tasks; a flow per request."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime, timedelta, timezone
from enum import IntEnum
from typing import Annotated, Any

import httpx
from fastapi import APIRouter, BackgroundTasks, Depends, FastAPI, Header, HTTPException, Query, status
from pydantic import BaseModel, field_validator
from typing_extensions import TypedDict

from stepkit import Flow, StepEvent, flow
from stepkit.errors import StepkitError


class Priority(IntEnum):
    LOW = 1
    HIGH = 2
    URGENT = 3


class Ticket(BaseModel):
    title: str
    body: str = ""
    reporter: str

    @field_validator("title")
    @classmethod
    def not_blank(cls, value: str) -> str:
        if not value.strip():
            raise ValueError("a title is needed")
        return value.strip()


class Triaged(BaseModel):
    priority: Priority
    team: str
    due: datetime
    labels: set[str]


class TicketInput(TypedDict):
    ticket: Ticket
    tenant: str


class Triage(Flow[TicketInput]):
    teams = {"billing": {"invoice", "refund"}, "platform": {"timeout", "crash"}}

    def __init__(self, now: datetime | None = None) -> None:
        self.now = now or datetime.now(timezone.utc)

    @flow.step("words")
    async def words(self, ticket):
        text = f"{ticket.title} {ticket.body}".lower()
        return {"words": frozenset(text.replace(",", " ").split())}

    @flow.step("route")
    async def route(self, words):
        scores = {team: len(words & keys) for team, keys in self.teams.items()}
        team, score = max(scores.items(), key=lambda item: item[1])
        return {"team": team if score else "support", "labels": {word for word in words if word.startswith("#")}}

    @flow.step("priority")
    async def priority(self, words, tenant):
        if "crash" in words:
            return {"priority": Priority.URGENT}
        return {"priority": Priority.HIGH if tenant == "gold" else Priority.LOW}

    @flow.step("due")
    async def due(self, priority):
        days = {Priority.LOW: 7, Priority.HIGH: 2}.get(priority, 0)
        return {"due": self.now + timedelta(days=days, hours=4)}


class Log:
    def __init__(self) -> None:
        self.lines: list[str] = []

    def __call__(self, event: StepEvent[Any, Any, Any]) -> None:
        self.lines.append(f"{event.step_name}: {event.duration_ms:.0f} ms")


log = Log()
router = APIRouter(prefix="/tickets", tags=["tickets"])


async def get_triage() -> AsyncIterator[Triage]:
    yield Triage()


async def tenant(x_tenant: Annotated[str, Header()] = "free") -> str:
    return x_tenant


@router.post("/", response_model=Triaged, status_code=status.HTTP_201_CREATED)
async def create(
    ticket: Ticket,
    background: BackgroundTasks,
    triage: Annotated[Triage, Depends(get_triage)],
    tenant: Annotated[str, Depends(tenant)],
    verbose: Annotated[bool, Query()] = False,
) -> Triaged:
    try:
        result = await triage.run({"ticket": ticket, "tenant": tenant}, on_step_complete=log)
    except StepkitError as error:
        raise HTTPException(500, str(error)) from error
    background.add_task(log.lines.append, f"routed to {result['team']}")
    return Triaged(
        priority=result["priority"], team=result["team"], due=result["due"], labels=result["labels"] | {"new"}
    )


app = FastAPI()
app.include_router(router)


async def main() -> None:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://api") as client:
        response = await client.post("/tickets/", json={"title": "Crash, timeout", "reporter": "ana"})
        assert response.status_code == 201 and response.json()["team"] == "platform"
        assert response.json()["priority"] == 3
        response = await client.post("/tickets/", json={"title": " ", "reporter": "ana"})
        assert response.status_code == 422
    assert log.lines[-1] == "routed to platform" and log.lines[0].startswith("words")


if __name__ == "__main__":
    asyncio.run(main())
