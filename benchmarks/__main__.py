"""What stepkit costs, as ratios to a yardstick that is measured in the same session.

    python -m benchmarks            all cases
    python -m benchmarks --quick    shorter measurements

The yardstick is a bare loop that calls the same functions and merges the same dicts. Where Node and npm are present,
the TypeScript original runs the same flows; then a ratio under 1 says that stepkit is faster.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Any

import msgspec

from benchmarks.flows import bare_steps, counting_flow, records
from benchmarks.measure import async_medians, medians, report, versions

SIZES = {"2 KB": 2_000, "100 KB": 100_000, "1 MB": 1_000_000}


def bare_loop(calls: list[Any]) -> Callable[[], object]:
    def bare() -> object:
        context = {"n": 0}
        for call in calls:
            context.update(call(n=context["n"]))
        return context

    return bare


def bare_awaits(calls: list[Any]) -> Callable[[], Awaitable[object]]:
    async def bare() -> object:
        context = {"n": 0}
        for call in calls:
            context.update(await call(n=context["n"]))
        return context

    return bare


def bare_encodes(calls: list[Any], rows: Any, save: Callable[[str, str], object]) -> Callable[[], object]:
    encode = msgspec.json.Encoder().encode

    def bare() -> object:
        context: dict[str, Any] = {"n": 0, "rows": rows}
        for number, call in enumerate(calls):
            context.update(call(n=context["n"]))
            save(f"step_{number}", encode(context).decode())
        return context

    return bare


def checkpointed(calc: Any, rows: Any, save: Callable[[str, str], object]) -> Callable[[], object]:
    return lambda: calc.run_sync(
        {"n": 0, "rows": rows}, on_step_complete=lambda event: save(event.step_name, event.checkpoint)
    )


def drop(step: str, text: str) -> None:
    """Where a text goes that nobody saves."""


def nobody_listens(seconds: float, ours: dict[str, float]) -> None:
    for steps in (10, 100, 1000):
        calc = counting_flow(steps)()
        work = {"bare": bare_loop(bare_steps(calc, steps)), "stepkit": partial(calc.run_sync, {"n": 0})}
        times = medians(work, seconds=seconds)
        ours[f"quiet {steps}"] = times["stepkit"]
        report(f"sync, nobody listens, {steps} steps", times["stepkit"] / times["bare"], 3.0)
    for steps in (10, 100, 1000):
        calc = counting_flow(steps, is_async=True)()
        awaits = {"bare": bare_awaits(bare_steps(calc, steps)), "stepkit": partial(calc.run, {"n": 0})}
        times = async_medians(awaits, seconds=seconds)
        report(f"async, nobody listens, {steps} steps", times["stepkit"] / times["bare"], 2.0)


def checkpoint_each_step(seconds: float, ours: dict[str, float]) -> None:
    for label, size in SIZES.items():
        for steps in (10, 100):
            calc, rows = counting_flow(steps)(), records(size)
            work = {
                "bare": bare_encodes(bare_steps(calc, steps), rows, drop),
                "stepkit": checkpointed(calc, rows, drop),
            }
            times = medians(work, seconds=seconds)
            ours[f"checkpoint {size} {steps}"] = times["stepkit"]
            report(f"checkpoint string after each of {steps} steps, {label}", times["stepkit"] / times["bare"], 1.5)


def saved_to_sqlite(seconds: float) -> None:
    with tempfile.TemporaryDirectory() as folder:
        for label, size in SIZES.items():
            connection = sqlite3.connect(os.path.join(folder, f"{size}.db"), isolation_level=None)
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA synchronous=FULL")
            connection.execute("CREATE TABLE saved (step TEXT, checkpoint TEXT)")
            calc, rows = counting_flow(10)(), records(size)
            save = partial(insert, connection)
            work = {"bare": bare_encodes(bare_steps(calc, 10), rows, save), "stepkit": checkpointed(calc, rows, save)}
            times = medians(work, seconds=seconds)
            report(f"saved to SQLite (FULL) after each of 10 steps, {label}", times["stepkit"] / times["bare"], 1.3)
            connection.close()


def insert(connection: sqlite3.Connection, step: str, text: str) -> None:
    connection.execute("BEGIN")
    connection.execute("INSERT INTO saved VALUES (?, ?)", (step, text))
    connection.execute("COMMIT")


def resume_on_the_last(seconds: float, ours: dict[str, float]) -> None:
    work: dict[str, Callable[[], object]] = {}
    for steps in (10, 1000):
        calc = counting_flow(steps)()
        taken: dict[str, str] = {}
        calc.run_sync({"n": 0}, on_step_complete=partial(keep_checkpoint, taken))
        work[str(steps)] = partial(calc.run_checkpoint_sync, taken[f"step_{steps - 2}"])
    times = medians(work, seconds=seconds)
    ours["resume 1000"] = times["1000"]
    report("resume on the last of 1,000 steps, to the last of 10", times["1000"] / times["10"], None)


def keep_checkpoint(taken: dict[str, str], event: Any) -> None:
    taken[event.step_name] = event.checkpoint


def import_time() -> None:
    """Fresh interpreters in turns; what an empty one takes is taken off."""
    work = {"empty": "pass", "asyncio": "import asyncio", "stepkit": "import stepkit"}
    times: dict[str, list[float]] = {name: [] for name in work}
    code = "import time; start = time.perf_counter(); {}; print(time.perf_counter() - start)"
    for _ in range(15):
        for name, statement in work.items():
            command = [sys.executable, "-c", code.format(statement)]
            times[name].append(float(subprocess.run(command, capture_output=True, check=True, text=True).stdout))
    median = {name: statistics.median(measured) for name, measured in times.items()}
    report("import stepkit, to import asyncio", median["stepkit"] / median["asyncio"], 1.0)


def against_the_original(ours: dict[str, float], seconds: float) -> None:
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        print("npm's stepkit: not measured, because Node or npm is not present")
        return
    script = Path(__file__).with_name("original.cjs")
    with tempfile.TemporaryDirectory() as folder:
        install = [npm, "install", "--silent", "--prefix", folder, "stepkit@0.2.3"]
        if subprocess.run(install, capture_output=True).returncode != 0:
            print("npm's stepkit: not measured, because it could not be installed")
            return
        command = [node, str(script), str(Path(folder, "node_modules")), str(seconds)]
        theirs = json.loads(subprocess.run(command, capture_output=True, check=True, text=True).stdout)
        version = subprocess.run([node, "--version"], capture_output=True, check=True, text=True).stdout.strip()
    print(f"\nto npm's stepkit 0.2.3 on Node {version} (under 1: stepkit is faster)")
    for case, time in theirs.items():
        report(case, ours[case] / time, 1.0)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="shorter measurements")
    seconds = 0.15 if parser.parse_args().quick else 1.0
    ours: dict[str, float] = {}
    print(versions())
    nobody_listens(seconds, ours)
    checkpoint_each_step(seconds, ours)
    saved_to_sqlite(seconds)
    resume_on_the_last(seconds, ours)
    import_time()
    against_the_original(ours, seconds)


if __name__ == "__main__":
    main()
