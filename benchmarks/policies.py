"""What each policy costs when nothing goes wrong.

    python -m benchmarks.policies            all policies
    python -m benchmarks.policies --quick    shorter measurements

The yardstick is the bare call: the same function called, or awaited, and its dict merged. Beside it stands what people
write without stepkit: a loop with ``try`` and ``copy.deepcopy``, ``asyncio.wait_for``, a thread and a join. Everything
runs interleaved in one session; the figures are ratios of medians.

Last comes, in milliseconds, how late ``run()`` returns after the timeout of a step that goes on.
"""

from __future__ import annotations

import argparse
import asyncio
import copy
import logging
import statistics
import threading
import time
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any

from benchmarks.measure import async_medians, medians, versions
from stepkit import CircuitBreaker, Flow, flow

STEPS = 10
BREAKER = CircuitBreaker(failure_threshold=5, cooldown=30.0)

POLICIES: dict[str, dict[str, Any]] = {
    "none": {},
    "on_error=continue": {"on_error": "continue"},
    "retries=3": {"retries": 3},
    "circuit_breaker": {"circuit_breaker": BREAKER},
    "retries and breaker": {"retries": 3, "circuit_breaker": BREAKER},
    "thread=True": {"thread": True},
    "timeout=60": {"timeout": 60},
    "all": {"retries": 3, "circuit_breaker": BREAKER, "timeout": 60, "on_error": "continue"},
}


def flow_of(options: Mapping[str, Any], *, is_async: bool) -> Flow[Any]:
    """Ten steps under the same policies; each reads and writes one key."""

    def add(self: object, n: int) -> dict[str, int]:
        return {"n": n + 1}

    async def add_async(self: object, n: int) -> dict[str, int]:
        return {"n": n + 1}

    function: Callable[..., Any] = add_async if is_async else add
    members = {f"step_{number}": flow.step(f"step-{number}", **options)(function) for number in range(STEPS)}
    made: Flow[Any] = type("Made", (Flow,), members)()
    return made


def add(n: int) -> dict[str, int]:
    return {"n": n + 1}


async def add_async(n: int) -> dict[str, int]:
    return {"n": n + 1}


def bare() -> object:
    context = {"n": 0}
    for _ in range(STEPS):
        context.update(add(context["n"]))
    return context


def with_try() -> object:
    context = {"n": 0}
    for _ in range(STEPS):
        for attempt in range(4):
            try:
                context.update(add(copy.deepcopy(context)["n"]))
                break
            except Exception:
                if attempt == 3:
                    raise
    return context


def with_thread() -> object:
    context = {"n": 0}
    for _ in range(STEPS):
        thread = threading.Thread(target=lambda: context.update(add(context["n"])), daemon=True)
        thread.start()
        thread.join(60)
    return context


async def bare_async() -> object:
    context = {"n": 0}
    for _ in range(STEPS):
        context.update(await add_async(context["n"]))
    return context


async def with_wait_for() -> object:
    context = {"n": 0}
    for _ in range(STEPS):
        context.update(await asyncio.wait_for(asyncio.ensure_future(add_async(context["n"])), 60))
    return context


def line(case: str, ratio: float, note: str = "") -> None:
    print(f"{case:<46} {ratio:>8.1f}{note}", flush=True)


def sync_steps(seconds: float) -> None:
    work: dict[str, Callable[[], object]] = {"bare": bare, "by hand: try in a loop, deepcopy": with_try}
    work["by hand: a thread and a join"] = with_thread
    for name, options in POLICIES.items():
        if not options.keys() & {"timeout", "thread"}:
            work[name] = partial(flow_of(options, is_async=False).run_sync, {"n": 0})
    times = medians(work, seconds=seconds)
    for name in list(work)[1:]:
        line(f"sync: {name}", times[name] / times["bare"])


def async_steps(seconds: float) -> None:
    work: dict[str, Callable[[], Awaitable[object]]] = {"bare": bare_async}
    work["by hand: wait_for around a task"] = with_wait_for
    for name, options in POLICIES.items():
        if "thread" not in options:
            work[name] = partial(flow_of(options, is_async=True).run, {"n": 0})
    for name in ("thread=True", "timeout=60", "all"):
        work[f"sync step, {name}"] = partial(flow_of(POLICIES[name], is_async=False).run, {"n": 0})
    times = async_medians(work, seconds=seconds)
    for name in list(work)[1:]:
        line(f"async: {name}", times[name] / times["bare"])


def lateness(times: int) -> None:
    """How long after its timeout a run returns."""
    released = threading.Event()

    class Blocks(Flow[Any]):
        @flow.step("blocks", timeout=0.05)
        def blocks(self):
            released.wait()

    class Swallows(Flow[Any]):
        @flow.step("swallows", timeout=0.05)
        async def swallows(self):
            while not released.is_set():
                try:
                    await asyncio.sleep(1)
                except asyncio.CancelledError:
                    pass

    class Hangs(Flow[Any]):
        @flow.step("hangs", timeout=0.05)
        async def hangs(self):
            await asyncio.sleep(60)

    for what, made in {
        "an async step that is cancelled": Hangs(),
        "a sync step that blocks": Blocks(),
        "an async step that takes no notice": Swallows(),
    }.items():
        late = []
        for _ in range(times):
            started = time.perf_counter()
            try:
                made.run_sync()
            except TimeoutError:
                late.append((time.perf_counter() - started - 0.05) * 1000)
        print(f"{what:<46} {statistics.median(late):>8.1f} ms after its timeout, at most {max(late):.1f}", flush=True)
    released.set()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.policies", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="shorter measurements")
    quick = parser.parse_args().quick
    print(f"{versions()}; {STEPS} steps; ratios to the bare call")
    sync_steps(0.1 if quick else 0.6)
    async_steps(0.1 if quick else 0.6)
    logging.getLogger("stepkit").setLevel(logging.ERROR)  # that a step takes no notice is reported
    lateness(5 if quick else 20)


if __name__ == "__main__":
    main()
