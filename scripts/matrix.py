"""Runs the tests against the built wheel: on this Python, on the others of this machine, with the oldest
dependencies, and with older mypy.

    python scripts/matrix.py wheel              # this Python
    python scripts/matrix.py pythons lowest mypy

Each cell has an environment of its own under .venv/matrix, and runs a copy of the tests in a folder without
stepkit's sources, so that what is tested is what would be published. `make test` has run everything before, so a cell
runs what can come out differently in it:

    this Python's wheel       is everything in it, and does it work where nothing else of the repository is?
    another Python            every test of the runtime; each case once as a command and once as a daemon, as the other
                              modes are other ways into the same plugin
    the oldest dependencies   every test of the runtime; the plugin uses none of them
    an older mypy             every case in every mode that runs mypy; pyright is the same there
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
ENVIRONMENTS = ROOT / ".venv" / "matrix"
NEWER_PYTHONS = [(3, 12), (3, 13)]
OLDER_MYPY = ["1.20", "2.0"]
ONCE_EACH_WAY = ("cold", "daemon", "programs")
MODES_OF_MYPY = (*ONCE_EACH_WAY, "warm", "edited", "strict", "workers", "without-plugin", "programs-strict")
PROJECT_TESTS = ("package", "docs", "examples", "monorepo_example")
WHEEL_PATHS = (
    *(f"tests/project/test_{name}.py" for name in PROJECT_TESTS),
    "tests/conformance/test_seed_page.py",
    "typecheck_tests/test_cases.py",
)
COPIED = ["tests", "typecheck_tests", "examples", "benchmarks", "docs", "scripts"]
COPIED += ["conftest.py", "pyproject.toml", "Makefile", "README.md", "CHANGELOG.md", "CONTRIBUTING.md", "LICENSE"]


class Cell(NamedTuple):
    name: str
    python: Path
    bounds: tuple[str, ...] = ()
    """Resolved together with the test group, so that it chooses what fits them."""
    replacements: tuple[str, ...] = ()
    """Installed last, over what the test group pins."""
    paths: tuple[str, ...] = ()
    """What pytest runs; everything where left out."""
    modes: tuple[str, ...] = ()
    """In which modes the cases are run; in all of them where left out."""


class Outcome(NamedTuple):
    cell: str
    passed: bool
    seconds: float
    closing_line: str


def main() -> int:
    parser = argparse.ArgumentParser(description="Run the tests against the built wheel.")
    parser.add_argument("parts", nargs="+", choices=["wheel", "pythons", "lowest", "mypy"])
    parser.add_argument("--workers", default="auto", help="pytest-xdist's --numprocesses (default: auto)")
    arguments = parser.parse_args()

    cells = list(_cells(arguments.parts))
    with tempfile.TemporaryDirectory(prefix="stepkit-") as scratch:
        wheel = _build(Path(scratch) / "wheel")
        outcomes = [_run(cell, wheel, Path(scratch), arguments.workers) for cell in cells]

    print("\nmatrix:")
    for outcome in outcomes:
        mark = "ok    " if outcome.passed else "FAILED"
        print(f"  {mark} {outcome.cell:<32} {outcome.seconds:6.0f} s  {outcome.closing_line}")
    return 0 if outcomes and all(outcome.passed for outcome in outcomes) else 1


def _cells(parts: Iterable[str]) -> Iterator[Cell]:
    this = Path(sys.executable)
    here = f"Python {sys.version_info[0]}.{sys.version_info[1]}"
    others = {}
    for version in NEWER_PYTHONS:
        if version == sys.version_info[:2]:
            continue
        if python := _find_python(version):
            others[version] = python
        else:
            print(f"matrix: no Python {version[0]}.{version[1]} on this machine; it is not tested", flush=True)
    if "wheel" in parts:
        yield Cell(here, this, paths=WHEEL_PATHS, modes=ONCE_EACH_WAY)
    if "pythons" in parts:
        for version, python in others.items():
            yield Cell(f"Python {version[0]}.{version[1]}", python, modes=ONCE_EACH_WAY)
    if "lowest" in parts:
        lowest = tuple(_lowest())
        yield Cell(f"{here}, oldest dependencies", this, bounds=lowest, paths=("tests",))
        if others:
            version, python = max(others.items())
            yield Cell(
                f"Python {version[0]}.{version[1]}, oldest dependencies", python, bounds=lowest, paths=("tests",)
            )
    if "mypy" in parts and (ROOT / "typecheck_tests").is_dir():
        for release in OLDER_MYPY:
            mypy = (f"mypy=={release}.*",)
            yield Cell(f"mypy {release}", this, replacements=mypy, paths=("typecheck_tests",), modes=MODES_OF_MYPY)


def _lowest() -> Iterator[str]:
    """The runtime dependencies, each at its lower bound."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    for requirement in project["dependencies"]:
        name, bound, version = requirement.partition(">=")
        if not bound:
            raise SystemExit(f"pyproject.toml: {requirement!r} has no lower bound")
        yield f"{name}=={version}"


def _find_python(version: tuple[int, int]) -> Path | None:
    """An interpreter of that version: on PATH, or among pyenv's."""
    name = f"python{version[0]}.{version[1]}"
    candidates = [Path(found)] if (found := shutil.which(name)) else []
    root = os.environ.get("PYENV_ROOT") or _output("pyenv", "root")
    if root:
        candidates += sorted(Path(root).glob(f"versions/{version[0]}.{version[1]}.*/bin/python"), reverse=True)
    for candidate in candidates:  # a shim of pyenv may stand for a version that is not active
        if _output(str(candidate), "-c", "import sys; print(*sys.version_info[:2])") == f"{version[0]} {version[1]}":
            return candidate
    return None


def _output(*command: str) -> str | None:
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return None


def _build(folder: Path) -> Path:
    print("matrix: building the wheel", flush=True)
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "-qq"]
    subprocess.run([*pip, "wheel", "--no-deps", "--wheel-dir", str(folder), str(ROOT)], check=True)
    (wheel,) = folder.glob("stepkit-*.whl")
    return wheel


def _run(cell: Cell, wheel: Path, scratch: Path, workers: str) -> Outcome:
    print(f"\n== {cell.name} ({wheel.name})", flush=True)
    started = time.monotonic()
    try:
        python = _environment(cell, wheel)
        copy = _copy(scratch / cell.name.replace(" ", "-").replace(",", ""))
        _check_import(python, copy)
        passed, closing_line = _pytest(python, copy, cell, workers)
    except (OSError, subprocess.CalledProcessError) as error:
        passed, closing_line = False, str(error)
    return Outcome(cell.name, passed, time.monotonic() - started, closing_line)


def _environment(cell: Cell, wheel: Path) -> Path:
    folder = ENVIRONMENTS / cell.name.replace(" ", "-").replace(",", "")
    python = folder / "bin" / "python"
    if not python.exists():
        subprocess.run([str(cell.python), "-m", "venv", str(folder)], check=True)
    pip = [str(python), "-m", "pip", "--disable-pip-version-check", "-qq", "install"]
    subprocess.run([*pip, "--upgrade", "pip>=25.1"], check=True)
    subprocess.run([*pip, "--group", f"{ROOT / 'pyproject.toml'}:test", f"{wheel}[mypy]", *cell.bounds], check=True)
    subprocess.run([*pip, "--force-reinstall", "--no-deps", str(wheel)], check=True)
    if cell.replacements:
        subprocess.run([*pip, *cell.replacements], check=True)
    subprocess.run([str(python), str(ROOT / "scripts" / "redis_server.py")], check=True)
    return python


def _copy(folder: Path) -> Path:
    folder.mkdir()
    ignore = shutil.ignore_patterns("__pycache__", "node_modules", ".*")
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=ignore)
        elif source.exists():
            shutil.copy(source, folder)
    return folder


def _check_import(python: Path, copy: Path) -> None:
    """The stepkit that the tests will import is the wheel's."""
    program = "import pathlib, sys, stepkit; print(pathlib.Path(sys.prefix) in pathlib.Path(stepkit.__file__).parents)"
    if _output(str(python), "-c", f"import os; os.chdir({str(copy)!r}); {program}") != "True":
        raise OSError("stepkit is not imported from the environment that the wheel was installed in")


def _pytest(python: Path, copy: Path, cell: Cell, workers: str) -> tuple[bool, str]:
    command = [str(python), "-m", "pytest", "--numprocesses", workers, "--maxprocesses", "8", "--dist", "worksteal"]
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    if cell.modes:
        environment["STEPKIT_TYPECHECK_MODES"] = " ".join(cell.modes)
    closing_line = "pytest said nothing"
    with subprocess.Popen(
        [*command, *cell.paths], cwd=copy, env=environment, stdout=subprocess.PIPE, text=True, errors="replace"
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            print(line, end="", flush=True)
            if line.strip():
                closing_line = line.strip().strip("= ")
    return process.returncode == 0, closing_line


if __name__ == "__main__":
    sys.exit(main())
