"""Flows that take their time, and what a deadline for them may be."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta, timezone
from typing import Any

from stepkit import Flow, flow

FORMS = ["seconds", "timedelta", "datetime"]


def in_seconds(form: str, seconds: float) -> Any:
    if form == "datetime":
        return datetime.now(timezone(timedelta(hours=2))) + timedelta(seconds=seconds)
    return timedelta(seconds=seconds) if form == "timedelta" else seconds


class Hangs(Flow):
    @flow.step("first")
    def first(self):
        return {"n": 1}

    @flow.step("hang", retries=3, on_error="continue")
    async def hang(self):
        await asyncio.Event().wait()

    @flow.step("last")
    def last(self, n):
        return {"n": n + 1}


class Sleeps(Flow):
    def __init__(self, seconds: float = 0.0) -> None:
        self.seconds = seconds

    @flow.step("first")
    def first(self):
        return {"n": 1}

    @flow.step("sleep")
    async def sleep(self, n):
        await asyncio.sleep(self.seconds)
        return {"n": n + 1}


class Stops(Flow):
    def __init__(self) -> None:
        self.ran: list[str] = []

    @flow.step("one")
    def one(self):
        self.ran.append("one")
        return {"n": 1}

    @flow.step("two")
    def two(self, n):
        self.ran.append("two")
        return {"n": n + 1}


def checkpoint_of(deadline: Any, flow: Flow | None = None) -> str:
    taken: list[str] = []

    def stop(event: Any) -> None:
        taken.append(event.checkpoint)
        event.stop_pipeline()

    (flow or Stops()).run_sync(deadline=deadline, on_step_complete=stop)
    return taken[0]
