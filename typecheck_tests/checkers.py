"""Runs the checkers over a project that holds many cases, once for each way of running them.

``STEPKIT_TYPECHECK_PYTHON`` names a Python whose mypy is used in place of this one's; stepkit must be installed there.
``STEPKIT_TYPECHECK_MODES`` names the modes that are run, separated by spaces; all of them where it is not set.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from functools import cache, partial
from pathlib import Path
from typing import Any

from .case_files import Case, Message, compare
from .library_cache import LIBRARIES, STEPKIT, imports_libraries, lend

PYTHON = os.environ.get("STEPKIT_TYPECHECK_PYTHON", sys.executable)
FORMAT = ["--no-error-summary", "--no-color-output", "--no-pretty", "--hide-error-context", "--show-column-numbers"]
FORMAT += ["--show-traceback"]
LINE = re.compile(r"^(?P<file>.+?\.pyi?):(?P<line>\d+):(?:(?P<column>\d+):)? (?P<severity>error|note): (?P<rest>.*)$")
CODE = re.compile(r"^(.*?)  \[([\w-]+)\]$")
MOST_ATTEMPTS = 3
CPU_SECONDS = 280
MEMORY = 4 << 30
SAID_ONCE_A_RUN = ("See https://mypy.r", "Error code ", "This violates the Liskov")

# Where there is no plugin, types are loose and assert_type would be wrong everywhere.
PROBE = "from typing import assert_type as assert_type\n"
LOOSE_PROBE = "from typing import Any\n\ndef assert_type(value: Any, type: Any, /) -> Any: ...\n"

MODES = ("cold", "warm", "edited", "strict", "workers", "daemon", "without-plugin", "pyright")
CHAINS = {"cold": "plain", "warm": "plain", "edited": "plain"}
"""Modes that share one chain of runs; the others have a chain of their own."""
PROGRAM_MODES = ("programs", "programs-strict", "programs-pyright")
"""How whole programs are checked: by mypy's defaults, by all that it can be asked for, and by basedpyright."""
WANTED = os.environ.get("STEPKIT_TYPECHECK_MODES", " ".join(MODES + PROGRAM_MODES)).split()
WITHOUT_PLUGIN = ("without-plugin", "pyright", "programs-pyright")


@dataclass
class Phase:
    """One run of a checker: which state each case was in, and what was said."""

    mode: str
    title: str
    states: dict[str, int]
    messages: list[Message] = field(default_factory=list)
    crash: str = ""
    """What the checker left where it ended badly."""
    crashed_on: dict[str, str] = field(default_factory=dict)
    """Cases that it ended badly on and that were left out then, with what it left."""

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @staticmethod
    def from_json(data: dict[str, Any]) -> Phase:
        return Phase(**{**data, "messages": [Message(**each) for each in data["messages"]]})


def chain_of(mode: str) -> str:
    return CHAINS.get(mode, mode)


def run_chain(chain: str, cases: Sequence[Case], folder: Path) -> list[Phase]:
    """All runs of a chain, one after the other, in a project of its own below ``folder``.

    A case that mypy breaks down on says nothing of the others: they are run once more without it.
    """
    crashed_on: dict[str, str] = {}
    for attempt in range(MOST_ATTEMPTS):
        project = folder / f"{chain}{attempt or ''}"
        project.mkdir(parents=True)
        left = [case for case in cases if case.name not in crashed_on]
        phases = list(_CHAINS[chain](left, project))
        culprits = {case.name: phase.crash for phase in phases for case in left if _breaks(case, phase)}
        if not culprits:
            break
        crashed_on |= culprits
    for phase in phases:
        phase.crashed_on = crashed_on
    return phases


def _breaks(case: Case, phase: Phase) -> bool:
    match = re.search(r"^(\S+?):(?:\d+:)? (?:error: INTERNAL ERROR|: note: use --pdb)", phase.crash, re.MULTILINE)
    return match is not None and match[1] in case.files


def available_modes() -> list[str]:
    """The modes that are wanted and that the mypy in use knows."""
    return [mode for mode in MODES if mode in WANTED and (mode != "workers" or _knows_workers())]


def program_modes() -> list[str]:
    """The modes for whole programs that are wanted."""
    return [mode for mode in PROGRAM_MODES if mode in WANTED]


@cache
def _knows_workers() -> bool:
    return "--num-workers" in _run([PYTHON, "-m", "mypy", "--help"], Path.cwd()).stdout


@cache
def mypy_version() -> tuple[int, ...]:
    """The version of the mypy that is tested."""
    said = _run([PYTHON, "-m", "mypy", "--version"], Path.cwd()).stdout
    match = re.match(r"mypy (\d+)\.(\d+)", said)
    assert match is not None, said
    return int(match[1]), int(match[2])


def check_file(folder: Path, *names: str, plugins: str = "stepkit_mypy") -> list[Message]:
    """What mypy with the plugin says of files. Raises ``RuntimeError`` where mypy breaks down."""
    phase = Phase("cold", names[0], {})
    command = [PYTHON, "-m", "mypy", "--config-file", str(_config(folder, plugins=plugins))]
    if plugins == "stepkit_mypy":
        lend(folder.parent, _cache(folder), STEPKIT, command, _run)
    _read(_run([*command, *FORMAT, *names], folder), phase)
    if phase.crash:
        raise RuntimeError(phase.crash)
    return phase.messages


def problems(case: Case, state: int, phase: Phase) -> list[str]:
    """What a phase says of a case in one of its states (counted from 0) and should not, or should and does not."""
    found: list[str] = []
    for path in case.states[state]:
        said = [message for message in phase.messages if message.file == path]
        expected = case.expected(state, path, plugin=phase.mode not in WITHOUT_PLUGIN)
        if phase.mode.endswith("pyright"):
            # Its words and codes are its own: a mistake is found on the line, or it is not.
            found += [
                f"{phase.title}: missing: {path}:{each}"
                for each in expected
                if each.severity == "error" and each.line not in {message.line for message in said}
            ]
            # Without running the plugin it may find mistakes that mypy finds in a body, too.
            ordinary = case.expected(state, path)
            lines = {each.line for each in ordinary if not each.code.startswith("stepkit-")}
            said = [message for message in said if message.line not in lines]
            expected = []
        found += [f"{phase.title}: {path}: {problem}" for problem in compare(expected, said)]
    return found


# -- chains ----------------------------------------------------------------------------------------------------------
#
# What is found in lines that have moved down by one is asked where mypy goes on from what it knew, alone and as a
# daemon. Everywhere else only those cases are edited that have versions of their own.


def _plain(cases: Sequence[Case], project: Path) -> Iterator[Phase]:
    yield _mypy(cases, project, "cold", 0)
    yield _mypy(cases, project, "warm", 0)
    for turn in (1, 2):
        yield _mypy(cases, project, "edited", turn, moved=1)


def _strict(cases: Sequence[Case], project: Path) -> Iterator[Phase]:
    yield _mypy(cases, project, "strict", 0, "--strict")
    yield _mypy(cases, project, "strict", 1, "--strict")


def _workers(cases: Sequence[Case], project: Path) -> Iterator[Phase]:
    for turn in (0, 0, 1):
        yield _mypy(cases, project, "workers", turn, "--num-workers", "2")


def _daemon(cases: Sequence[Case], project: Path) -> Iterator[Phase]:
    """Every case in each of its states, and at least once back in an earlier one."""
    command = [PYTHON, "-m", "mypy.dmypy", "--status-file", str(project.parent / "daemon.json")]
    try:
        for turn in range(4):
            phase = _write(cases, project, "daemon", turn, moved=turn % 2)
            if turn == 0:
                flags = ["--timeout", "300", "--", "--config-file", str(_config(project)), *FORMAT]
                done = _run([*command, "run", *flags, *_targets(project)], project)
            else:
                done = _run([*command, "check", "--", *_targets(project)], project)
            yield _read(done, phase)
    finally:
        _run([*command, "kill"], project)


def _without_plugin(cases: Sequence[Case], project: Path) -> Iterator[Phase]:
    for state in range(_most_states(cases)):
        phase = _write(cases, project, "without-plugin", state, probe=LOOSE_PROBE)
        yield _check(phase, project, _config(project, plugins=""))


def _programs(cases: Sequence[Case], project: Path) -> Iterator[Phase]:
    yield _mypy(cases, project, "programs", 0)


def _programs_strict(cases: Sequence[Case], project: Path) -> Iterator[Phase]:
    phase = _write(cases, project, "programs-strict", 0)
    config = _config(project)
    # As a flag it would be asked of the libraries too, which could not be shared with the other projects then.
    modules = ",".join(f"{case.name},{case.name}.*" for case in cases)
    with config.open("a") as file:
        file.write(f"[mypy-{modules}]\nwarn_unreachable = True\n")
    yield _check(phase, project, config, "--strict")


def _pyright(cases: Sequence[Case], project: Path, mode: str = "pyright") -> Iterator[Phase]:
    config = {"typeCheckingMode": "standard", "include": ["."], "pythonVersion": "3.11"}
    for state in range(_most_states(cases)):
        some = [case for case in cases if state < case.written] if state else cases
        inside = project / str(state)
        inside.mkdir()
        phase = _write(some, inside, mode, state, probe=LOOSE_PROBE)
        (inside / "pyrightconfig.json").write_text(json.dumps(config))
        done = _run([sys.executable, "-m", "basedpyright", "--outputjson", "--pythonpath", sys.executable], inside)
        try:
            said = json.loads(done.stdout)["generalDiagnostics"]
        except (ValueError, KeyError):
            phase.crash = done.stdout + done.stderr
            said = []
        for each in said:
            if each["severity"] == "error":
                start = each["range"]["start"]
                phase.messages.append(
                    Message(
                        file=str(Path(each["file"]).relative_to(inside.resolve())),
                        line=start["line"] + 1,
                        column=start["character"] + 1,
                        severity="error",
                        text=each["message"],
                        code=each.get("rule", ""),
                    )
                )
        yield phase


_CHAINS = {
    "plain": _plain,
    "strict": _strict,
    "workers": _workers,
    "daemon": _daemon,
    "without-plugin": _without_plugin,
    "pyright": _pyright,
    "programs": _programs,
    "programs-strict": _programs_strict,
    "programs-pyright": partial(_pyright, mode="programs-pyright"),
}


# -- one run ---------------------------------------------------------------------------------------------------------


def _most_states(cases: Sequence[Case]) -> int:
    return max((case.written for case in cases), default=0)


def _write(cases: Sequence[Case], project: Path, mode: str, turn: int, probe: str = PROBE, *, moved: int = 0) -> Phase:
    """Bring every case to its state of this turn: they go through their states in a circle.

    ``moved`` is the state of those that have one version and its lines moved down.
    """
    states = {case.name: moved if case.moved else turn % len(case.states) for case in cases}
    _put(project / "probe.py", probe)
    for case in cases:
        write_case(case, states[case.name], project)
    return Phase(mode, f"{mode}, turn {turn + 1}", states)


def write_case(case: Case, state: int, project: Path) -> None:
    """Write the files of a case as they are in one of its states (counted from 0)."""
    wanted = case.states[state]
    for path in case.files:
        if path in wanted:
            _put(project / path, wanted[path].text)
        else:
            (project / path).unlink(missing_ok=True)


def _put(path: Path, text: str) -> None:
    """Write a file, and leave it alone where nothing changes."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    elif path.read_text(encoding="utf-8") != text:
        # mypy's cache tells edits apart by size and whole seconds, and two runs may fall into one second.
        later = path.stat().st_mtime + 1
        path.write_text(text, encoding="utf-8")
        os.utime(path, (later, later))


def _config(project: Path, *, plugins: str = "stepkit_mypy") -> Path:
    config = project.parent / f"{project.name}.ini"
    config.write_text(f"[mypy]\nplugins = {plugins}\ncache_dir = {_cache(project)}\n")
    return config


def _cache(project: Path) -> Path:
    return project.parent / f"{project.name}-cache"


def _targets(project: Path) -> list[str]:
    return sorted(str(path.relative_to(project)) for path in project.rglob("*.py*"))


def _mypy(cases: Sequence[Case], project: Path, mode: str, turn: int, *flags: str, moved: int = 0) -> Phase:
    phase = _write(cases, project, mode, turn, moved=moved)
    return _check(phase, project, _config(project), *flags)


def _check(phase: Phase, project: Path, config: Path, *flags: str) -> Phase:
    """Run mypy over all files of the project."""
    command = [PYTHON, "-m", "mypy", "--config-file", str(config), *flags]
    if imports_libraries(path.read_text(encoding="utf-8") for path in project.rglob("*.py*")):
        shared = [each for each in command if each not in ("--num-workers", "2")]
        lend(project.parent, _cache(project), LIBRARIES, shared, _run)
    return _read(_run([*command, *FORMAT, *_targets(project)], project), phase)


def _run(command: Sequence[str], folder: Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "MYPY_CACHE_DIR": "", "MYPYPATH": "", "NO_COLOR": "1"}
    environment = {name: value for name, value in environment.items() if value or not name.startswith("MYPY")}
    limit = None if "basedpyright" in command else _limit_resources  # Node reserves more than it uses
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=300, preexec_fn=limit
    )


def _limit_resources() -> None:
    """Have a checker that goes round in circles end, and fail its case, before it takes the machine's memory and time.

    That is a fuse and no measure: all cases together take mypy a tenth of it. How much the plugin may take over plain
    mypy for one case is compared by ``benchmarks.typing_budget``.
    """
    import resource

    for kind, limit in ((resource.RLIMIT_CPU, CPU_SECONDS), (resource.RLIMIT_AS, MEMORY)):
        hard = resource.getrlimit(kind)[1]
        limit = limit if hard == resource.RLIM_INFINITY else min(limit, hard)
        resource.setrlimit(kind, (limit, hard))


def _read(done: subprocess.CompletedProcess[str], phase: Phase) -> Phase:
    for line in done.stdout.splitlines():
        match = LINE.match(line)
        if match is None:
            continue
        code = CODE.match(match["rest"])
        text = code[1] if code else match["rest"]
        if match["severity"] == "note" and text.startswith(SAID_ONCE_A_RUN):
            continue
        if code and code[2] == "annotation-unchecked" and phase.mode == "without-plugin":
            continue  # that mypy leaves bodies unchecked is what the plugin is for
        phase.messages.append(
            Message(
                file=match["file"],
                line=int(match["line"]),
                column=int(match["column"] or 0),
                severity=match["severity"],
                text=text,
                code=code[2] if code else "",
            )
        )
    traceback = "INTERNAL ERROR" in done.stdout + done.stderr or "Traceback (most recent" in done.stdout + done.stderr
    if done.returncode not in (0, 1) or traceback:
        phase.crash = f"exit code {done.returncode}\n{done.stdout}\n{done.stderr}"
    return phase
