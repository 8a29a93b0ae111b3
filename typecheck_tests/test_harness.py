"""The harness itself: a case that expects what does not come, or that is told more than it expects, fails."""

from __future__ import annotations

from pathlib import Path

import pytest

from . import checkers
from .case_files import Case, Message, compare, read_case, read_cases, read_module
from .checkers import check_file, run_chain

TWO_STATES = """\
# --- helper.py
VALUE: int = 1

# --- main.py
from .helper import VALUE

text: str = VALUE  # E1+: [assignment] "int" ... "str"

# --- helper.py (2)
VALUE: str = ""
"""


def message(text: str, *, line: int = 1, column: int = 1, severity: str = "error", code: str = "misc") -> Message:
    return Message("m.py", line, column, severity, text, code)


def problems(source: str, *said: Message) -> list[str]:
    return compare(read_module(source, "m.py").expectations, said)


def write(folder: Path, name: str, text: str) -> Case:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return read_case(path, folder)


def test_an_expected_message_that_comes_is_no_problem() -> None:
    assert problems("x = 1  # E: [misc] one ... two", message("one and two")) == []


@pytest.mark.parametrize(
    "said",
    [
        message("two and one"),
        message("one and two", line=2),
        message("one and two", code="other"),
        message("one and two", severity="note"),
    ],
    ids=["other words", "other line", "other code", "other severity"],
)
def test_a_message_that_differs_is_missing_and_unexpected(said: Message) -> None:
    found = problems("x = 1  # E: [misc] one ... two", said)
    assert [each.split(":")[0] for each in found] == ["missing", "unexpected"]


def test_one_message_does_not_satisfy_two_expectations() -> None:
    assert len(problems("x = 1  # E: [misc] one # E: [misc] one", message("one"))) == 1


def test_a_message_on_a_line_without_expectation_is_unexpected() -> None:
    assert len(problems("x = 1", message("anything"))) == 1


def test_a_column_is_compared_where_it_is_asked_for() -> None:
    assert problems("spam = eggs  # E(eggs): [misc] one", message("one", column=8)) == []
    assert len(problems("spam = eggs  # E(eggs): [misc] one", message("one", column=1))) == 2


@pytest.mark.parametrize("source", ["x = 1  # E [misc] one", "x = 1  #E: one", "x = 1  # E(y): one", "x = 1  # E:"])
def test_an_expectation_that_cannot_be_read_is_refused(source: str) -> None:
    with pytest.raises(ValueError):
        read_module(source, "m.py")


def test_a_case_that_says_nothing_of_edits_moves_down_by_a_line(tmp_path: Path) -> None:
    case = write(tmp_path, "area/one.py", "x: str = 1  # E+: [assignment]\n")
    assert [list(state) for state in case.states] == [["area_one.py"], ["area_one.py"]]
    assert [each.line for each in case.expected(1, "area_one.py")] == [2]


def test_versions_of_a_module_follow_each_other(tmp_path: Path) -> None:
    case = write(tmp_path, "two.py", TWO_STATES)
    assert [sorted(state) for state in case.states] == [["two/__init__.py", "two/helper.py", "two/main.py"]] * 2
    assert [len(case.expected(state, "two/main.py")) for state in (0, 1)] == [1, 0]
    assert case.states[0]["two/main.py"] is case.states[1]["two/main.py"]


@pytest.mark.parametrize("chain", ["without-plugin", "pyright"])
def test_a_checker_sees_the_cases_in_each_of_their_states(chain: str, tmp_path: Path) -> None:
    case = write(tmp_path / "cases", "two.py", TWO_STATES)
    phases = run_chain(chain, [case], tmp_path / "projects")
    lines = [[(each.file, each.line) for each in phase.messages] for phase in phases]
    assert [phase.crash for phase in phases] == ["", ""]
    assert lines == [[("two/main.py", 3)], []]


def test_the_cases_are_many_and_each_has_a_name_of_its_own() -> None:
    names = [case.name for case in read_cases()]
    assert len(names) == len(set(names))
    assert len(names) >= 150


def test_a_checker_that_takes_all_memory_is_ended_and_crashes_its_case(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checkers, "MEMORY", 1 << 30)  # sooner reached
    (tmp_path / "greedy.py").write_text(
        "from mypy.plugin import Plugin\n"
        "class Greedy(Plugin):\n"
        "    def get_additional_deps(self, file):\n"
        "        while True:\n"
        "            self.taken = (getattr(self, 'taken', None), [0] * 50_000_000)\n"
        "def plugin(version):\n"
        "    return Greedy\n"
    )
    (tmp_path / "empty.py").write_text("")
    with pytest.raises(RuntimeError, match="MemoryError"):
        check_file(tmp_path, "empty.py", plugins=str(tmp_path / "greedy.py"))
