"""Whole programs, as users write them: the checkers find the mistakes that are marked and no others, and they run.

In the expectations' comments ``E1`` stands for mypy's defaults, ``E2`` for ``--strict --warn-unreachable``.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from .case_files import Case, read_case, read_cases
from .checkers import PROGRAM_MODES, mypy_version, problems, program_modes, write_case
from .conftest import Runs

PROGRAMS = read_cases(Path(__file__).parent / "programs", mypy=mypy_version())
for _program in PROGRAMS:
    del _program.states[1:]  # they are checked as they stand, not edited


@pytest.mark.parametrize("mode", program_modes())
@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.name)
def test_a_checker_finds_the_mistakes_of_a_program_and_nothing_else(
    program: Case, mode: str, program_runs: Runs
) -> None:
    (phase,) = program_runs.phases(mode)
    if program.name in phase.crashed_on:
        pytest.fail(f"{mode}: the checker breaks down: {phase.crashed_on[program.name][-3000:]}", pytrace=False)
    assert phase.crash == ""
    in_each_mode = Case(program.name, program.states * len(PROGRAM_MODES))
    found = problems(in_each_mode, PROGRAM_MODES.index(mode), phase)
    if found:
        pytest.fail("\n".join(found), pytrace=False)


def test_every_program_runs_to_its_end(tmp_path: Path) -> None:
    failed = run_programs(PROGRAMS, tmp_path)
    if failed:
        pytest.fail("\n".join(f"{name}: {problem}" for name, problem in failed.items()), pytrace=False)


@pytest.mark.parametrize("text", ["raise ValueError\n", "import os\n\nos._exit(1)\n", "raise SystemExit(1)\n"])
def test_a_program_that_fails_is_told(text: str, tmp_path: Path) -> None:
    (tmp_path / "failing.py").write_text(text)
    assert list(run_programs([read_case(tmp_path / "failing.py", tmp_path)], tmp_path / "project")) == ["failing"]


def test_the_programs_are_many() -> None:
    assert len(PROGRAMS) >= 60


def run_programs(programs: Sequence[Case], folder: Path) -> dict[str, str]:
    """Run programs, and give by name what went wrong."""
    for program in programs:
        write_case(program, 0, folder)
    command = [sys.executable, str(Path(__file__).with_name("run_programs.py")), str(folder)]
    done = subprocess.run([*command, *(each.name for each in programs)], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    failed: dict[str, str] = json.loads(done.stdout)
    return failed
