"""Every case in every mode: what must be found is found, and nothing else is said."""

from __future__ import annotations

import pytest

from .case_files import Case, read_cases
from .checkers import available_modes, mypy_version, problems
from .conftest import Runs

CASES = read_cases(mypy=mypy_version())


@pytest.mark.parametrize("mode", available_modes())
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_checker_finds_what_the_case_expects_and_nothing_else(case: Case, mode: str, runs: Runs) -> None:
    phases = runs.phases(mode)
    assert phases
    found: list[str] = []
    for phase in phases:
        if case.name in phase.crashed_on:
            pytest.fail(f"{phase.title}: mypy breaks down: {phase.crashed_on[case.name][-3000:]}", pytrace=False)
        if phase.crash:
            found.append(f"{phase.title}: the checker ended badly; the last test of this mode has its words")
        if case.name in phase.states:
            found += problems(case, phase.states[case.name], phase)
    if found:
        pytest.fail("\n".join(found), pytrace=False)


@pytest.mark.parametrize("mode", available_modes())
def test_a_checker_blames_no_file_that_is_not_a_case(mode: str, runs: Runs) -> None:
    assert [phase.crash for phase in runs.phases(mode) if phase.crash] == []
    known = {path for case in CASES for path in case.files}
    strangers = [str(each) for phase in runs.phases(mode) for each in phase.messages if each.file not in known]
    assert strangers == []
