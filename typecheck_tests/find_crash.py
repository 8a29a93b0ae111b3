"""Finds the cases that a checker breaks down on: ``python -m typecheck_tests.find_crash daemon [part of a name]``."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from .case_files import Case, read_cases
from .checkers import MODES, chain_of, run_chain


def main(arguments: Sequence[str]) -> int:
    if not arguments or arguments[0] not in MODES:
        print(f"usage: python -m typecheck_tests.find_crash {{{','.join(MODES)}}} [part of a case's name]")
        return 2
    part = arguments[1] if len(arguments) > 1 else ""
    found = False
    for case, crash in crashes(arguments[0], [case for case in read_cases() if part in case.name]):
        found = True
        print(f"== {case.name}\n{crash.strip()[-1500:]}\n", flush=True)
    return int(found)


def crashes(mode: str, cases: Sequence[Case]) -> Iterator[tuple[Case, str]]:
    """Each case that the mode's chain of runs breaks down on by itself, found by halving."""
    with tempfile.TemporaryDirectory() as folder:
        phases = run_chain(chain_of(mode), cases, Path(folder))
    crash = next((phase.crash for phase in phases if phase.crash), "")
    crash = crash or next((text for phase in phases for text in phase.crashed_on.values()), "")
    if crash and len(cases) == 1:
        yield cases[0], crash
    elif crash:
        middle = len(cases) // 2
        yield from crashes(mode, cases[:middle])
        yield from crashes(mode, cases[middle:])


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
