"""Polls services and shows a board: a group of nested flows, async callbacks, errors gathered on the side."""

from __future__ import annotations

import asyncio
import enum
import logging
from collections.abc import Sequence
from datetime import datetime, timezone
from typing import TypedDict, cast

import httpx

from stepkit import Flow, LogConfig, flow
from stepkit.errors import StepkitError


class Health(enum.Flag):
    UP = enum.auto()
    SLOW = enum.auto()
    STALE = enum.auto()


class Target(TypedDict):
    url: str


class Targets(TypedDict):
    api: str
    web: str
    slow_after: float


def answer(request: httpx.Request) -> httpx.Response:
    if request.url.host == "web.test":
        raise httpx.ConnectError("refused", request=request)
    return httpx.Response(200, json={"version": "1.4", "age": 3}, headers={"x-time": "0.7"})


class Check(Flow[Targets]):
    target: str

    def __init__(self, client: httpx.AsyncClient, url: str) -> None:
        self.client = client
        self.url = url

    async def ping(self) -> httpx.Response:
        response = await self.client.get(self.url)
        return response.raise_for_status()


class CheckApi(Check):
    @flow.step("ping", retries=1, retry_delay=lambda attempt, error: 0.001 * attempt)
    async def ping_api(self):
        response = await self.ping()
        return {"api_seconds": float(response.headers.get("x-time", 0)), "api_info": cast("dict[str, object]", response.json())}

    @flow.step("judge")
    def judge(self, api_seconds, slow_after, api_info):
        health = Health.UP
        if api_seconds > slow_after:
            health |= Health.SLOW
        if api_info.get("age") == 99:
            health |= Health.STALE
        return {"api_health": health}


class CheckWeb(Check):
    @flow.step("ping")
    async def ping_web(self):
        return {"web_status": (await self.ping()).status_code}


class Board(Flow[Targets], log=LogConfig(log_fn=logging.getLogger("board").debug)):
    def __init__(self, client: httpx.AsyncClient, api: str, web: str) -> None:
        self.client = client
        self.urls = (api, web)
        self.errors: list[tuple[str, str]] = []

    checks = flow.parallel("checks", mode="settled")
    api_check = checks.subflow(lambda self: CheckApi(self.client, self.urls[0]), name="api")
    web_check = checks.subflow(lambda self: CheckWeb(self.client, self.urls[1]), name="web", timeout=2)

    @flow.step("render")
    def render(self, api_health=None, api_seconds=0.0, web_status=0):
        rows = [("api", api_health or Health.STALE, f"{api_seconds:.1f} s"), ("web", Health.UP if web_status == 200 else None, "")]
        lines = [f"{name}: {health.name if health else 'down'} {remark}".rstrip() for name, health, remark in rows]
        return {"board": "\n".join(lines), "at": datetime.now(timezone.utc)}

    async def on_step_error(self, step_name: str, error: Exception) -> None:
        await asyncio.sleep(0)
        self.errors.append((step_name, type(error).__name__))


async def poll(boards: Sequence[Board], targets: Targets) -> list[str]:
    steps: list[str] = []

    async def seen(event: Board.Event) -> None:
        await asyncio.sleep(0)
        steps.append(event.step_name)

    try:
        results = await asyncio.gather(*(board.run(targets, on_step_complete=seen) for board in boards))
    except* StepkitError as group:
        print(group.exceptions)
        results = []
    assert steps[-1] == "render" and "checks/api/judge" in steps
    return [result["board"] for result in results if result["at"].tzinfo is not None]


async def main() -> None:
    async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as client:
        board = Board(client, "https://api.test", "https://web.test")
        shown = await poll([board], {"api": "https://api.test", "web": "https://web.test", "slow_after": 0.5})
        assert shown == ["api: UP|SLOW 0.7 s\nweb: down"], shown
        assert ("checks/web/ping", "ConnectError") in board.errors, board.errors


if __name__ == "__main__":
    asyncio.run(main())
