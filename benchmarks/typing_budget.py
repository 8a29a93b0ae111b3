"""What mypy with the plugin takes over mypy alone, for programs over recursive types and large libraries.

    python -m benchmarks.typing_budget

Each line: user CPU seconds and the most memory with the plugin, without it, and their ratios. A program fails that
takes more than 5 s or 500 MB over plain mypy. Both check it with nothing of it cached; what it imports is.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

from benchmarks.typing_runs import ENVIRONMENT
from typecheck_tests.case_files import CASES, Case, read_cases
from typecheck_tests.checkers import LOOSE_PROBE

SECONDS, MEGABYTES = 5.0, 500.0
GROUPS = ("libraries", "recursive")


class Cost(NamedTuple):
    seconds: float
    megabytes: float


def cost(command: list[str], folder: Path) -> Cost:
    """What one process takes until it ends. mypy may find mistakes, but not break down."""
    output = os.open(folder / "output", os.O_CREAT | os.O_WRONLY | os.O_TRUNC)
    previous = os.getcwd()
    os.chdir(folder)
    try:
        actions = [(os.POSIX_SPAWN_DUP2, output, 1), (os.POSIX_SPAWN_DUP2, output, 2)]
        pid = os.posix_spawn(command[0], command, ENVIRONMENT, file_actions=actions)
    finally:
        os.chdir(previous)
        os.close(output)
    _, status, usage = os.wait4(pid, 0)
    if os.waitstatus_to_exitcode(status) not in (0, 1):
        raise RuntimeError((folder / "output").read_text()[-2000:])
    unit = 1 if sys.platform == "darwin" else 1024
    return Cost(usage.ru_utime, usage.ru_maxrss * unit / 2**20)


def check(case: Case, folder: Path, plugins: str) -> Cost:
    """The cost of a case whose imports are cached, as after an edit of its first line."""
    for path, module in case.states[0].items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(module.text)
    (folder / "probe.py").write_text(LOOSE_PROBE)
    (folder / "mypy.ini").write_text(f"[mypy]\nplugins = {plugins}\n")
    command = [
        sys.executable,
        "-m",
        "mypy",
        "--config-file",
        "mypy.ini",
        "--cache-dir",
        "cache",
        *sorted(case.states[0]),
    ]
    cost(command, folder)
    for path in case.states[0]:
        file = folder / path
        file.write_text("# edited\n" + file.read_text())
    return cost(command, folder)


def main() -> int:
    worst = 0
    print(f"{'':<34}{'with':>16}{'without':>16}{'ratios':>14}")
    for group in GROUPS:
        for case in read_cases(CASES / group):
            with tempfile.TemporaryDirectory() as inferred, tempfile.TemporaryDirectory() as alone:
                plugin, plain = check(case, Path(inferred), "stepkit_mypy"), check(case, Path(alone), "")
            over = plugin.seconds - plain.seconds > SECONDS or plugin.megabytes - plain.megabytes > MEGABYTES
            worst |= over
            columns = "".join(f"{each.seconds:7.2f} s{each.megabytes:5.0f} M" for each in (plugin, plain))
            ratios = f"{plugin.seconds / plain.seconds:8.2f}{plugin.megabytes / plain.megabytes:6.2f}"
            print(f"{group + '/' + case.name:<34}{columns}{ratios}{'  OVER' if over else ''}")
    return int(worst)


if __name__ == "__main__":
    raise SystemExit(main())
