"""A house style of constants: options shared through partial, dicts and aliases of the decorators."""

from __future__ import annotations

from datetime import date
from functools import partial
from typing import Any, Final, TypedDict

from stepkit import CircuitBreaker, Flow, flow

step = flow.step
safe = partial(flow.step, on_error="continue")
remote = partial(flow.step, retries=2, retry_delay=0.001, circuit_breaker=CircuitBreaker(failure_threshold=9, cooldown=1))
RETRYING: Final[dict[str, Any]] = {"retries": 1, "timeout": 2}
LOAD = "load"


class Source(TypedDict):
    day: date


class Import(Flow[Source]):
    def __init__(self, rows: dict[date, list[str]]) -> None:
        self.rows = rows
        self.fails = 1

    @remote(LOAD)
    def load(self, day: date):
        if self.fails:
            self.fails -= 1
            raise ConnectionError("reset")
        return {"rows": self.rows[day]}

    @step("split")
    def split(self, rows: list[str]):
        return {"cells": [row.split(";") for row in rows]}

    @safe("holidays")
    def holidays(self, day: date):
        if day.weekday() > 4:
            raise LookupError("weekend")
        return {"holiday": day.month == 12}

    @flow.step("width", **RETRYING)
    def width(self, cells: list[list[str]]):
        return {"width": max(map(len, cells))}

    @step
    def finish(self, cells: list[list[str]], holiday: bool = False, width: int = 0):
        return {"summary": f"{len(cells)} rows of {width}{', holiday' if holiday else ''}"}


if __name__ == "__main__":
    day = date(2026, 1, 3)
    result = Import({day: ["a;b", "c"]}).run_sync({"day": day})
    assert result["summary"] == "2 rows of 2", result["summary"]
