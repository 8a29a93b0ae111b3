"""Reads case files: programs whose trailing comments say what a type checker must find there.

A case is one file below ``cases/``. It is one module, or several sections, each opened by a line
``# --- name.py``, or ``# --- name.pyi`` for a stub. A line ``# --- name.py (2)`` opens the second version of that
module: the case is checked, edited, and checked again. Modules of one case import each other relatively.

Expectations stand at the end of the line that they are about:

    # E: [code] fragment ... another      an error with this code whose message has these fragments in this order
    # N: fragment                         a note
    # E(zum): ...                         the error's column is where ``zum`` begins on the line
    # E2: ...                             expected only after the second version came in (also E13: first and third)
    # E+: ...                             a mistake that mypy and pyright find without the plugin too

A case whose first line is ``# since mypy 2.4`` is left out for older mypys: what they cannot know is said in the docs.

Whatever else a checker says is a failure, and so is an expected message that does not come.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

CASES = Path(__file__).parent / "cases"
SECTION = re.compile(r"^# --- ([\w/]+\.pyi?)(?: \((\d)\))?$")
SINCE = re.compile(r"# since mypy ([\d.]+)")
EXPECTATION = re.compile(
    r"# (?P<kind>[EN])(?P<states>\d*)(?P<always>\+?)(?:\((?P<at>[^()]*)\))?: "
    r"(?:\[(?P<code>[\w-]+)\] ?)?(?P<text>.*?)(?=\s*# [EN]\d*\+?(?:\([^()]*\))?: |$)"
)


@dataclass(frozen=True)
class Message:
    """What a checker said."""

    file: str
    line: int
    column: int
    severity: str
    text: str
    code: str

    def __str__(self) -> str:
        code = f"  [{self.code}]" if self.code else ""
        return f"{self.file}:{self.line}:{self.column}: {self.severity}: {self.text}{code}"


@dataclass(frozen=True)
class Expectation:
    """What a checker must say."""

    line: int
    severity: str
    code: str
    fragments: tuple[str, ...]
    column: int | None
    """Counted from 1, or None where any column will do."""
    states: str
    always: bool
    """Whether it is found without the plugin too."""

    def fits(self, message: Message) -> bool:
        place = 0
        for fragment in self.fragments:
            place = message.text.find(fragment, place)
            if place < 0:
                return False
            place += len(fragment)
        return (
            (message.line, message.severity) == (self.line, self.severity)
            and self.code in ("", message.code)
            and self.column in (None, message.column)
        )

    def __str__(self) -> str:
        code = f"  [{self.code}]" if self.code else ""
        at = f":{self.column}" if self.column else ""
        return f"{self.line}{at}: {self.severity}: {' ... '.join(self.fragments)}{code}"


@dataclass(frozen=True)
class Module:
    """One version of one file of a case."""

    text: str
    expectations: tuple[Expectation, ...]


@dataclass
class Case:
    """A program, or the versions that it goes through."""

    name: str
    states: list[dict[str, Module]] = field(default_factory=list)
    """For each version its modules by path in the project."""
    moved: bool = False
    """Whether its author wrote one version, and the second is the first moved down by a line."""

    @property
    def written(self) -> int:
        """How many versions its author wrote."""
        return 1 if self.moved else len(self.states)

    @property
    def files(self) -> list[str]:
        return sorted({path for state in self.states for path in state})

    def expected(self, state: int, path: str, *, plugin: bool = True) -> list[Expectation]:
        """What is expected of a module, in the state counted from 0."""
        return [
            each
            for each in self.states[state][path].expectations
            if (not each.states or str(state + 1) in each.states) and (plugin or each.always)
        ]


def read_cases(folder: Path = CASES, mypy: tuple[int, ...] | None = None) -> list[Case]:
    """All cases below ``folder`` that are for this version of mypy, by name."""
    return [read_case(path, folder) for path in sorted(folder.rglob("*.py")) if mypy is None or since(path) <= mypy]


def since(path: Path) -> tuple[int, ...]:
    """The oldest mypy that a case is for."""
    first = path.read_text(encoding="utf-8").partition("\n")[0]
    match = SINCE.fullmatch(first)
    return () if match is None else tuple(int(part) for part in match[1].split("."))


def read_case(path: Path, folder: Path = CASES) -> Case:
    """One case. Raises ``ValueError`` where it is written wrongly, ``SyntaxError`` where its Python is."""
    name = "_".join(path.relative_to(folder).with_suffix("").parts)
    sections = _sections(path.read_text(encoding="utf-8"))
    case = Case(name)
    if not sections:
        text = path.read_text(encoding="utf-8")
        module = read_module(text, f"{path}")
        # A case that says nothing of edits is edited all the same: everything moves down by a line.
        case.states = [{f"{name}.py": module}, {f"{name}.py": _moved_down(module)}]
        case.moved = True
        return case
    for state in range(1, max(number for _, number, _ in sections) + 1):
        modules = dict(case.states[-1]) if case.states else {f"{name}/__init__.py": Module("", ())}
        changed = [(file, text) for file, number, text in sections if number == state]
        if not changed:
            raise ValueError(f"{path}: nothing changes in version {state}")
        for file, text in changed:
            modules[f"{name}/{file}"] = read_module(text, f"{path}, {file} ({state})")
        case.states.append(modules)
    if len(case.states) == 1:
        case.moved = True
        case.states.append({file: _moved_down(module) for file, module in case.states[0].items()})
    return case


def read_module(text: str, where: str) -> Module:
    """A module's text and what its comments expect."""
    compile(text, where, "exec", dont_inherit=True)
    expectations: list[Expectation] = []
    for number, line in enumerate(text.splitlines(), 1):
        found = list(EXPECTATION.finditer(line))
        code_part = line[: found[0].start()] if found else line
        if re.search(r"#\s*[EN]\d*\+?(\([^()]*\))?\s*[:\[]", code_part):
            raise ValueError(f"{where}:{number}: an expectation that cannot be read: {line.strip()}")
        for match in found:
            at = match["at"]
            if at is not None and at not in code_part:
                raise ValueError(f"{where}:{number}: {at!r} is not on the line")
            expectations.append(
                Expectation(
                    line=number,
                    severity="error" if match["kind"] == "E" else "note",
                    code=match["code"] or "",
                    fragments=tuple(part.strip() for part in match["text"].split(" ... ") if part.strip()),
                    column=None if at is None else code_part.index(at) + 1,
                    states=match["states"],
                    always=bool(match["always"]),
                )
            )
            if not expectations[-1].fragments and not expectations[-1].code:
                raise ValueError(f"{where}:{number}: an expectation that says nothing")
    return Module(text, tuple(expectations))


def compare(expected: Iterable[Expectation], said: Iterable[Message]) -> list[str]:
    """What is missing and what came unexpected, as lines; empty where all is as expected."""
    left = list(said)
    problems: list[str] = []
    for expectation in expected:
        fitting = next((message for message in left if expectation.fits(message)), None)
        if fitting is None:
            problems.append(f"missing:    {expectation}")
        else:
            left.remove(fitting)
    return problems + [f"unexpected: {message}" for message in left]


def _sections(text: str) -> list[tuple[str, int, str]]:
    """(file, version, text) of each section, or nothing for a case of one module."""
    sections: list[tuple[str, int, str]] = []
    lines: list[str] = []
    for line in text.splitlines(keepends=True):
        match = SECTION.match(line.rstrip())
        if match:
            lines = []
            sections.append((match[1], int(match[2] or 1), ""))
        elif sections:
            lines.append(line)
            file, number, _ = sections[-1]
            sections[-1] = (file, number, "".join(lines))
        elif line.strip() and not line.startswith("#") and re.search(r"^# --- ", text, re.MULTILINE):
            raise ValueError(f"before the first section: {line.strip()}")
    return sections


def _moved_down(module: Module) -> Module:
    if not module.text:
        return module
    moved = tuple(Expectation(**{**vars(each), "line": each.line + 1}) for each in module.expectations)
    return Module("# one line more\n" + module.text, moved)
