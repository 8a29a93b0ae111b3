"""Rotates backups: plans, deletes in a thread, reports; options through a small typed command framework."""

from __future__ import annotations

import inspect
import shlex
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Concatenate, Generic, ParamSpec, TypedDict, TypeVar

from stepkit import Flow, flow
from stepkit.errors import StepkitError

P = ParamSpec("P")
R = TypeVar("R")


@dataclass
class Console:
    lines: list[str]

    def echo(self, text: str) -> None:
        self.lines.append(text)


class Command(Generic[P, R]):
    def __init__(self, function: Callable[Concatenate[Console, P], R]) -> None:
        self.function = function
        self.name = function.__name__.replace("_", "-")

    def __call__(self, console: Console, *args: P.args, **kwargs: P.kwargs) -> R:
        return self.function(console, *args, **kwargs)

    def parse(self, words: list[str]) -> dict[str, Any]:
        hints = inspect.signature(self.function, eval_str=True).parameters
        pairs = (word.removeprefix("--").split("=", 1) for word in words)
        return {name: hints[name].annotation(value) for name, value in pairs}


def command(function: Callable[Concatenate[Console, P], R]) -> Command[P, R]:
    return Command(function)


class RotateInput(TypedDict):
    folder: Path
    today: date
    keep_days: int


class Rotate(Flow[RotateInput]):
    def __init__(self, console: Console) -> None:
        self.console = console

    @flow.step("scan")
    def scan(self, folder):
        files = {}
        for path in sorted(folder.glob("*.bak")):
            try:
                files[path] = date.fromisoformat(path.stem)
            except ValueError:
                self.console.echo(f"ignored {path.name}")
        return {"files": files}

    @flow.step("plan")
    def plan(self, files, today, keep_days):
        limit = today - timedelta(days=keep_days)
        return {"old": [path for path, day in files.items() if day < limit and day.day != 1], "limit": limit}

    @flow.step("delete", thread=True, when=lambda old: bool(old), on_error="continue")
    def delete(self, old):
        freed = 0
        for path in old:
            freed += path.stat().st_size
            path.unlink()
        return {"freed": freed}

    @flow.step("report")
    def report(self, files, old, limit, freed: int | None = None):
        self.console.echo(f"kept {len(files) - len(old)} since {limit:%Y-%m-%d}, freed {freed or 0} bytes")
        return {"kept": len(files) - len(old)}


@command
def rotate(console: Console, folder: Path, keep: int = 7) -> int:
    try:
        result = Rotate(console).run_sync({"folder": folder, "today": date(2026, 3, 10), "keep_days": keep})
    except StepkitError as error:
        console.echo(str(error))
        return -1
    return result["kept"]


if __name__ == "__main__":
    for name in ("2026-03-01", "2026-03-02", "2026-03-09", "notes"):
        Path(f"{name}.bak").write_text("12345")
    console = Console([])
    kept = rotate(console, **rotate.parse(shlex.split("--folder=. --keep=3")))
    assert kept == 2 and console.lines == ["ignored notes.bak", "kept 2 since 2026-03-07, freed 5 bytes"], console
    assert rotate(console, Path(), keep=100) == 2
