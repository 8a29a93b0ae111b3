"""Every case in every mode: what must be found is found, and nothing else is said."""

from __future__ import annotations

import pytest

from .case_files import Case, compare, read_cases
from .checkers import available_modes, mypy_version
from .conftest import Runs

CASES = read_cases(mypy=mypy_version())


@pytest.mark.parametrize("mode", available_modes())
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_checker_finds_what_the_case_expects_and_nothing_else(case: Case, mode: str, runs: Runs) -> None:
    phases = runs.phases(mode)
    assert phases
    problems: list[str] = []
    for phase in phases:
        if case.name in phase.crashed_on:
            pytest.fail(f"{phase.title}: mypy breaks down: {phase.crashed_on[case.name][-3000:]}", pytrace=False)
        if phase.crash:
            problems.append(f"{phase.title}: the checker ended badly; the last test of this mode has its words")
        if case.name not in phase.states:
            continue
        state = phase.states[case.name]
        for path in case.states[state]:
            said = [message for message in phase.messages if message.file == path]
            expected = case.expected(state, path, plugin=mode not in ("without-plugin", "pyright"))
            if mode == "pyright":  # its words and codes are its own: a mistake is found on the line, or it is not
                problems += [
                    f"{phase.title}: missing: {path}:{each}"
                    for each in expected
                    if each.severity == "error" and each.line not in {message.line for message in said}
                ]
                # Without running the plugin it may find mistakes that mypy finds in a body, too.
                ordinary = case.expected(state, path)
                lines = {each.line for each in ordinary if not each.code.startswith("stepkit-")}
                said = [message for message in said if message.line not in lines]
                expected = []
            problems += [f"{phase.title}: {path}: {problem}" for problem in compare(expected, said)]
    if problems:
        pytest.fail("\n".join(problems), pytrace=False)


@pytest.mark.parametrize("mode", available_modes())
def test_a_checker_blames_no_file_that_is_not_a_case(mode: str, runs: Runs) -> None:
    assert [phase.crash for phase in runs.phases(mode) if phase.crash] == []
    known = {path for case in CASES for path in case.files}
    strangers = [str(each) for phase in runs.phases(mode) for each in phase.messages if each.file not in known]
    assert strangers == []
