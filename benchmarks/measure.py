"""Interleaved measurement: what is compared runs in turns in one session, so that noise falls on all alike."""

from __future__ import annotations

import asyncio
import gc
import platform
import statistics
import time
from collections.abc import Awaitable, Callable, Mapping
from importlib import metadata

Sync = Callable[[], object]
Async = Callable[[], Awaitable[object]]


def medians(work: Mapping[str, Sync], *, seconds: float = 0.6) -> dict[str, float]:
    """The median time of each callable, in seconds; all take turns until ``seconds`` per callable are used up."""
    times: dict[str, list[float]] = {name: [] for name in work}
    for call in work.values():
        call()
    gc.collect()
    end = time.perf_counter() + seconds * len(work)
    while time.perf_counter() < end or min(map(len, times.values())) < 5:
        for name, call in work.items():
            start = time.perf_counter()
            call()
            times[name].append(time.perf_counter() - start)
    return {name: statistics.median(measured) for name, measured in times.items()}


def async_medians(work: Mapping[str, Async], *, seconds: float = 0.6) -> dict[str, float]:
    """``medians`` for awaitables, in one event loop."""

    async def measure() -> dict[str, float]:
        times: dict[str, list[float]] = {name: [] for name in work}
        for call in work.values():
            await call()
        gc.collect()
        end = time.perf_counter() + seconds * len(work)
        while time.perf_counter() < end or min(map(len, times.values())) < 5:
            for name, call in work.items():
                start = time.perf_counter()
                await call()
                times[name].append(time.perf_counter() - start)
        return {name: statistics.median(measured) for name, measured in times.items()}

    return asyncio.run(measure())


def versions() -> str:
    """What was measured, for the head of a report."""
    named = [f"Python {platform.python_version()}"]
    for package in ("stepkit", "msgspec"):
        try:
            named.append(f"{package} {metadata.version(package)}")
        except metadata.PackageNotFoundError:
            named.append(f"{package} (checkout)")
    return ", ".join(named)


def report(case: str, ratio: float, limit: float | None, detail: str = "") -> None:
    """One line: the case, the ratio to its yardstick, the limit and whether it is kept."""
    verdict = "" if limit is None else f"  limit {limit:g}  {'ok' if ratio <= limit else 'OVER'}"
    print(f"{case:<58} {ratio:>7.2f}{verdict}{'  ' + detail if detail else ''}", flush=True)
