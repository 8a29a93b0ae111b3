"""``tsc`` on the TypeScript original's chain of the same steps, next to mypy with the plugin on ours."""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

from benchmarks import typing_programs
from benchmarks.measure import report
from benchmarks.typing_programs import Program
from benchmarks.typing_runs import Project, Time, in_turns, run

ORIGINAL = "stepkit@0.2.3"
COMPILERS = ("typescript@5.9", "typescript@7")
"""The one that the original was made for, and the newest, which is written in Go."""
OPTIONS = ["--noEmit", "--strict", "--target", "es2022", "--module", "esnext", "--moduleResolution", "bundler"]
OPTIONS += ["--skipLibCheck", "--pretty", "false"]


def chain(steps: int) -> str:
    lines = [f".step('step-{n}', ({{ k{n - 1} }}) => ({{ k{n}: k{n - 1} + {n} }}))" for n in range(1, steps + 1)]
    return _program(lines, f"k{steps}")


def branches(count: int) -> str:
    lines = [".step('step-1', ({ k0 }) => ({ k1: k0 + 1 }))"]
    for n in range(count):
        left = f"b.step('step-1', ({{ k0 }}) => ({{ left{n}: k0, both{n}: k0 + 1 }}))"
        right = f"b.step('step-1', ({{ k0 }}) => ({{ right{n}: 'r', both{n}: k0 + 1 }}))"
        cases = f"{{ name: 'left', when: ({{ k0 }}) => k0 > {n}, then: (b) => {left} }}"
        lines.append(f".branchOn('step-{n + 2}', {cases}, {{ name: 'right', default: (b) => {right} }})")
    return _program(lines, f"both{count - 1}")


def _program(lines: list[str], key: str) -> str:
    chain = "\n  ".join(["stepkit<{ k0: number }>()", *lines])
    use = f"export const use = async (): Promise<number | undefined> => (await chain.run({{ k0: 1 }})).{key}"
    return f"import {{ stepkit }} from 'stepkit'\nconst chain = {chain}\n{use}\n"


def compare(folder: Path, base: Path, start: Time, quick: bool) -> None:
    """Sizes grow until the compiler gives up or takes longer than the timeout: what it did then is printed."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        print("tsc on the original: not measured, because Node or npm is not present")
        return
    timeout = 30.0 if quick else 120.0
    for compiler in COMPILERS:
        with tempfile.TemporaryDirectory() as modules:
            install = [npm, "install", "--silent", "--prefix", modules, compiler, ORIGINAL]
            if subprocess.run(install, capture_output=True).returncode != 0:
                print(f"{compiler} on the original: not measured, because it could not be installed")
                continue
            tsc = [str(Path(modules, "node_modules", ".bin", "tsc")), *OPTIONS]
            manifest = json.loads(Path(modules, "node_modules", "typescript", "package.json").read_text())
            print(f"\nto tsc {manifest['version']} on npm's {ORIGINAL} (under 1: mypy with the plugin is faster)")
            Path(modules, "empty.ts").write_text("import { stepkit } from 'stepkit'\nexport const chain = stepkit()\n")
            empty, _ = run([*tsc, "empty.ts"], Path(modules), timeout)
            rows: list[tuple[str, tuple[int, ...], Callable[[int], str], Callable[[int], Program]]] = [
                ("steps", (10, 100, 400, 1_000), chain, lambda size: typing_programs.chain("inferred", size)),
                (
                    "branches",
                    (2, 3, 4, 5, 6, 7, 8, 9),
                    branches,
                    lambda size: typing_programs.branches("inferred", size),
                ),
            ]
            for what, sizes, theirs, ours in rows:
                for size in sizes:
                    Path(modules, "chain.ts").write_text(theirs(size))
                    place = folder / f"ours-{manifest['version']}-{what}-{size}"
                    project = Project(place, ours(size), base, plugin=True)
                    if not _compare_one(f"{size} {what}", project, tsc, Path(modules), timeout, start, empty):
                        break


def _compare_one(
    label: str, project: Project, tsc: list[str], modules: Path, timeout: float, start: Time, empty: Time
) -> bool:
    """One line; False where larger programs are not worth trying."""
    try:
        first, said = run([*tsc, "chain.ts"], modules, timeout)
    except subprocess.TimeoutExpired:
        print(f"{label:<58} tsc takes more than {timeout:g} s; mypy with the plugin {project.cold().cpu:.2f} s")
        return False
    if said:
        message = said.strip().splitlines()[0]
        print(f"{label:<58} tsc gives up after {first.cpu:.1f} s: {message[:160]}")
        return False
    times = {"ours": project.cold(), "theirs": first}
    if first.wall < 20:
        work = {"ours": project.cold, "theirs": lambda: run([*tsc, "chain.ts"], modules, timeout)[0]}
        times = in_turns(work, seconds=1.0)
    net = times["ours"].over(start).cpu / times["theirs"].over(empty).cpu
    detail = f"net {net:.2f}; ours {times['ours'].cpu:.2f} s, tsc {times['theirs'].cpu:.2f} s"
    report(label, times["ours"].cpu / times["theirs"].cpu, 1.0, detail)
    return True
