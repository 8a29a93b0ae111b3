"""Runs mypy and its daemon over a program, in turns with the other variants of it, and measures what that takes.

User CPU seconds are compared: they are steadier than wall time where the machine has other work. "Cold" means that
nothing of the program is cached; what it imports (typeshed, stepkit) is.
"""

from __future__ import annotations

import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from benchmarks.typing_programs import HEAD, Program

FLAGS = ["--no-error-summary", "--no-color-output", "--hide-error-context", "--no-pretty", "--show-traceback"]
# Installed packages have their bytecode beside them: without it every start would compile the plugin anew.
ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


class Time(NamedTuple):
    cpu: float
    """User CPU seconds."""
    wall: float

    @staticmethod
    def median(times: Sequence[Time]) -> Time:
        return Time(statistics.median(each.cpu for each in times), statistics.median(each.wall for each in times))

    def over(self, other: Time) -> Time:
        """What is left when the other is taken off; not less than the millisecond that can be told."""
        return Time(max(self.cpu - other.cpu, 1e-3), max(self.wall - other.wall, 1e-3))


def run(command: Sequence[str], folder: Path, timeout: float | None = None) -> tuple[Time, str]:
    """How long a command took, and what it printed. Raises ``subprocess.TimeoutExpired``."""
    cpu, wall = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime, time.perf_counter()
    done = subprocess.run(command, cwd=folder, env=ENVIRONMENT, capture_output=True, text=True, timeout=timeout)
    took = Time(resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - cpu, time.perf_counter() - wall)
    return took, done.stdout + done.stderr


class Project:
    """A program in a folder of its own, with the cache that all programs of its variant begin with."""

    def __init__(self, folder: Path, program: Program, base: Path, *, plugin: bool) -> None:
        self.folder, self.program, self.base, self.plugin = folder, program, base, plugin
        self.files = sorted(program.files)
        self.edited = False
        folder.mkdir(parents=True)
        for name, source in program.files.items():
            (folder / name).write_text(source)
        (folder / "mypy.ini").write_text("[mypy]\n" + ("plugins = stepkit_mypy\n" if plugin else ""))

    @property
    def cache(self) -> Path:
        return self.folder / "cache"

    def command(self, *flags: str) -> list[str]:
        options = ["--config-file", "mypy.ini", "--cache-dir", str(self.cache), *FLAGS, *flags]
        return [sys.executable, "-m", "mypy", *options, *self.files]

    def cold(self) -> Time:
        shutil.rmtree(self.cache, ignore_errors=True)
        shutil.copytree(self.base, self.cache)
        return self.warm()

    def warm(self, *flags: str) -> Time:
        took, said = run(self.command(*flags), self.folder)
        if said:
            raise RuntimeError(f"mypy finds fault with a program without mistakes:\n{said[:2000]}")
        return took

    def cache_size(self) -> int:
        """Bytes that the program takes in a cache of files."""
        shutil.rmtree(self.cache, ignore_errors=True)
        self.warm("--no-sqlite-cache")
        stems = tuple(name.removesuffix(".py") + "." for name in self.files)
        size = sum(file.stat().st_size for file in self.cache.rglob("*") if file.name.startswith(stems))
        shutil.rmtree(self.cache)
        return size

    def finds_a_mistake(self) -> bool:
        """Whether a key that no step gives is found where it is read: what is measured must be a check."""
        name = self.files[-1]
        sound = (self.folder / name).read_text()
        head, key, rest = sound.rpartition('})["')
        (self.folder / name).write_text(f"{head}{key}no_{rest}")
        _, said = run(self.command(), self.folder)
        (self.folder / name).write_text(sound)
        return "TypedDict" in said and "error" in said

    def edit(self) -> None:
        """Make the program's edit, or take it back."""
        name, replacements = self.program.edit
        source = self.program.files[name]
        self.edited = not self.edited
        if self.edited:
            for old, new in replacements:
                assert source.count(old) >= 1, old
                source = source.replace(old, new, 1)
        (self.folder / name).write_text(source)


def base_cache(folder: Path, *, plugin: bool) -> tuple[Path, Project]:
    """A cache of what every program imports, and the empty program that it was made with."""
    project = Project(folder, Program({"empty.py": HEAD}, ("empty.py", ())), folder / "none", plugin=plugin)
    project.warm()
    base = folder / "base"
    project.cache.rename(base)
    project.base = base
    return base, project


class Daemon:
    """A mypy daemon that has checked a project once."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.status = project.folder / "daemon.json"
        self.dmypy = [sys.executable, "-m", "mypy.dmypy", "--status-file", str(self.status)]
        flags = ["--config-file", "mypy.ini", "--cache-dir", os.devnull, *FLAGS]
        self._ask("run", "--timeout", "600", "--", *flags, *project.files)
        self.pid = int(json.loads(self.status.read_text())["pid"])

    def _ask(self, *words: str) -> str:
        done = subprocess.run(
            [*self.dmypy, *words], cwd=self.project.folder, env=ENVIRONMENT, capture_output=True, text=True
        )
        if done.returncode not in (0, 1):
            raise RuntimeError(done.stdout + done.stderr)
        return done.stdout

    def _cpu(self) -> float:
        """CPU seconds of the daemon so far, user's and system's; wall time where the system does not tell."""
        if sys.platform == "linux":
            return time.clock_gettime((~self.pid << 3) | 2)  # the process's CPU clock, as clock_getcpuclockid gives it
        return time.perf_counter()

    def edits(self, count: int = 4) -> Time:
        """An edit and the check after it, on average over ``count``; every second one takes the edit back."""
        cpu, wall = self._cpu(), time.perf_counter()
        for _ in range(count):
            self.project.edit()
            said = self._ask("check", "--", *self.project.files)
            if "error" in said:
                raise RuntimeError(f"the daemon finds fault with a program without mistakes:\n{said[:2000]}")
        return Time((self._cpu() - cpu) / count, (time.perf_counter() - wall) / count)

    def end(self) -> None:
        subprocess.run([*self.dmypy, "kill"], cwd=self.project.folder, env=ENVIRONMENT, capture_output=True)


@contextmanager
def daemons(projects: dict[str, Project]) -> Iterator[dict[str, Daemon]]:
    started: dict[str, Daemon] = {}
    try:
        for name, project in projects.items():
            started[name] = Daemon(project)
        yield started
    finally:
        for daemon in started.values():
            daemon.end()


def in_turns(work: dict[str, Callable[[], Time]], *, seconds: float, least: int = 3) -> dict[str, Time]:
    """The medians of each; all take turns until ``seconds`` per case are used up, but at least ``least`` times."""
    times: dict[str, list[Time]] = {name: [] for name in work}
    end = time.perf_counter() + seconds * len(work)
    while time.perf_counter() < end or min(map(len, times.values())) < least:
        for name, call in work.items():
            times[name].append(call())
    return {name: Time.median(measured) for name, measured in times.items()}
