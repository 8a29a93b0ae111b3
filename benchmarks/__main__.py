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
from pathlib import Path
from typing import Any

import msgspec

from benchmarks.flows import bare_steps, counting_flow, records
from benchmarks.measure import async_medians, medians, report, versions

SIZES = {"2 KB": 2_000, "100 KB": 100_000, "1 MB": 1_000_000}


def nobody_listens(seconds: float, ours: dict[str, float]) -> None:
    for steps in (10, 100, 1000):
        calc = counting_flow(steps)()
        calls = bare_steps(calc, steps)

        def bare(calls: list[Any] = calls) -> object:
            context = dict({"n": 0})
            for call in calls:
                context.update(call(n=context["n"]))
            return context

        times = medians({"bare": bare, "stepkit": lambda: calc.run_sync({"n": 0})}, seconds=seconds)
        ours[f"quiet {steps}"] = times["stepkit"]
        report(f"sync, nobody listens, {steps} steps", times["stepkit"] / times["bare"], 3.0)
    for steps in (10, 100, 1000):
        calc = counting_flow(steps, is_async=True)()
        calls = bare_steps(calc, steps)

        async def bare_async(calls: list[Any] = calls) -> object:
            context = dict({"n": 0})
            for call in calls:
                context.update(await call(n=context["n"]))
            return context

        times = async_medians({"bare": bare_async, "stepkit": lambda: calc.run({"n": 0})}, seconds=seconds)
        report(f"async, nobody listens, {steps} steps", times["stepkit"] / times["bare"], 2.0)


def checkpoint_each_step(seconds: float, ours: dict[str, float]) -> None:
    encode = msgspec.json.Encoder().encode
    for label, size in SIZES.items():
        for steps in (10, 100) if size < 10_000 else (10,):
            calc = counting_flow(steps)()
            calls = bare_steps(calc, steps)
            rows = records(size)

            def bare(calls: list[Any] = calls, rows: Any = rows) -> object:
                context: dict[str, Any] = {"n": 0, "rows": rows}
                for call in calls:
                    context.update(call(n=context["n"]))
                    text = encode(context).decode()
                return text

            taken: list[str] = [""]

            def keep(event: Any) -> None:
                taken[0] = event.checkpoint

            def checkpointed(calc: Any = calc, rows: Any = rows) -> object:
                return calc.run_sync({"n": 0, "rows": rows}, on_step_complete=keep)

            times = medians({"bare": bare, "stepkit": checkpointed}, seconds=seconds)
            ours[f"checkpoint {size} {steps}"] = times["stepkit"]
            report(f"checkpoint string after each of {steps} steps, {label}", times["stepkit"] / times["bare"], 1.5)


def saved_to_sqlite(seconds: float) -> None:
    encode = msgspec.json.Encoder().encode
    with tempfile.TemporaryDirectory() as folder:
        for label, size in SIZES.items():
            connection = sqlite3.connect(os.path.join(folder, f"{size}.db"), isolation_level=None)
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA synchronous=FULL")
            connection.execute("CREATE TABLE saved (step TEXT, checkpoint TEXT)")
            calc = counting_flow(10)()
            calls = bare_steps(calc, 10)
            rows = records(size)

            def save(step: str, text: str, connection: sqlite3.Connection = connection) -> None:
                connection.execute("BEGIN")
                connection.execute("INSERT INTO saved VALUES (?, ?)", (step, text))
                connection.execute("COMMIT")

            def bare(calls: list[Any] = calls, rows: Any = rows) -> object:
                context: dict[str, Any] = {"n": 0, "rows": rows}
                for number, call in enumerate(calls):
                    context.update(call(n=context["n"]))
                    save(f"step_{number}", encode(context).decode())
                return context

            def checkpointed(calc: Any = calc, rows: Any = rows) -> object:
                return calc.run_sync(
                    {"n": 0, "rows": rows}, on_step_complete=lambda event: save(event.step_name, event.checkpoint)
                )

            times = medians({"bare": bare, "stepkit": checkpointed}, seconds=seconds)
            report(f"saved to SQLite (FULL) after each of 10 steps, {label}", times["stepkit"] / times["bare"], 1.3)
            connection.close()


def resume_on_the_last(seconds: float, ours: dict[str, float]) -> None:
    checkpoints: dict[int, tuple[Any, str]] = {}
    for steps in (10, 1000):
        calc = counting_flow(steps)()
        taken: dict[str, str] = {}

        def keep(event: Any, last: str = f"step_{steps - 2}", taken: dict[str, str] = taken) -> None:
            if event.step_name == last:
                taken["last"] = event.checkpoint

        calc.run_sync({"n": 0}, on_step_complete=keep)
        checkpoints[steps] = (calc, taken["last"])
    times = medians(
        {str(steps): lambda c=calc, t=text: c.run_checkpoint_sync(t) for steps, (calc, text) in checkpoints.items()},
        seconds=seconds,
    )
    ours["resume 1000"] = times["1000"]
    report("resume on the last of 1,000 steps, to the last of 10", times["1000"] / times["10"], None)


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
