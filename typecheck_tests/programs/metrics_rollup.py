"""Rolls up metrics: windows, percentiles, alerts; numbers are ints, floats and Decimals side by side."""

from __future__ import annotations

import bisect
import math
import statistics
from collections import ChainMap, deque
from datetime import datetime, timedelta, timezone
from fractions import Fraction
from typing import Final, NotRequired, TypedDict

from stepkit import Flow, flow

Series = list[tuple[datetime, float]]
WINDOW: Final = timedelta(minutes=5)
LIMITS: Final = {"latency": 0.5, "errors": 0.01}


class RollupInput(TypedDict):
    name: str
    points: Series
    overrides: NotRequired[dict[str, float]]


def percentile(values: list[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(math.ceil(share * len(ordered)), len(ordered)) - 1]


class Rollup(Flow[RollupInput]):
    @flow.step("windows")
    def windows(self, points):
        windows: dict[datetime, list[float]] = {}
        for at, value in points:
            start = at - (at - datetime.min.replace(tzinfo=timezone.utc)) % WINDOW
            windows.setdefault(start, []).append(value)
        return {"windows": dict(sorted(windows.items()))}

    stats = flow.parallel("stats")

    @stats.step
    def means(self, windows):
        return {"means": {start: statistics.fmean(values) for start, values in windows.items()}}

    @stats.step
    def p95(self, windows):
        return {"p95": {start: percentile(values, 0.95) for start, values in windows.items()}}

    @stats.step
    def ratio(self, points):
        zero = sum(1 for _, value in points if value == 0)
        return {"idle": Fraction(zero, len(points)) if points else None}

    @flow.step("limit")
    def limit(self, name, overrides=None):
        limits = ChainMap(overrides or {}, LIMITS)
        return {"limit": limits.get(name, math.inf)}

    @flow.step("alerts")
    def alerts(self, p95, limit):
        above = [start for start, value in p95.items() if value > limit]
        return {"alerts": above, "first_alert": above[0] if above else None}

    @flow.step("trend")
    def trend(self, means):
        recent: deque[float] = deque(means.values(), maxlen=3)
        if len(recent) < 2:
            return {"trend": 0}
        return {"trend": recent[-1] - recent[0]}

    @flow.step("text")
    def text(self, name, alerts, trend, idle, first_alert):
        direction = "rising" if trend > 0 else "steady"
        since = f" since {first_alert:%H:%M}" if first_alert else ""
        share = f"{float(idle):.0%} idle" if idle is not None else "no data"
        return {"text": f"{name}: {len(alerts)} alerts{since}, {direction}, {share}"}


def slowest(results: list[Rollup.Output]) -> str:
    keys = [max(result["p95"].values(), default=0.0) for result in results]
    return results[bisect.bisect(keys, max(keys)) - 1]["name"]


if __name__ == "__main__":
    noon = datetime(2026, 1, 1, 12, tzinfo=timezone.utc)
    points = [(noon + timedelta(minutes=n), n / 10) for n in range(12)]
    result = Rollup().run_sync({"name": "latency", "points": points})
    assert result["text"] == "latency: 2 alerts since 12:05, rising, 8% idle", result["text"]
    relaxed = Rollup().run_sync({"name": "latency", "points": points, "overrides": {"latency": 9}})
    assert relaxed["alerts"] == [] and relaxed["first_alert"] is None
    assert slowest([result, relaxed]) == "latency"
