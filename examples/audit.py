"""A batch job: audit the Python files of a directory tree, in steps that are saved in SQLite as they complete.

    python -m examples.audit run --db audit.db --id nightly [DIRECTORY]
    python -m examples.audit resume --db audit.db --id nightly

Without a directory it audits the standard library of the Python that runs it. ``resume`` goes on after the last
saved step, in another process, also if the first one was killed.
"""

from __future__ import annotations

import argparse
import ast
import hashlib
import logging
import re
import sys
import sysconfig
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

from examples.checkpoint_db import CheckpointDb
from stepkit import Flow, LogConfig, flow

NOT_AUDITED = {"__pycache__", "dist-packages", "idlelib", "lib2to3", "site-packages", "test", "tests"}
IMPORT = re.compile(rb"^\s*(?:import|from)\s+(\w+)", re.MULTILINE)


class AuditInput(TypedDict):
    root: str


@dataclass(frozen=True)
class Function:
    """A function of the audited sources, and how many lines it has."""

    lines: int
    name: str
    file: str


class Measured(TypedDict):
    functions: int
    longest: list[Function]


class Audit(Flow[AuditInput]):
    @flow.step("find-files")
    def find_files(self, root: str):
        paths = [path.relative_to(root) for path in Path(root).rglob("*.py")]
        return {"files": sorted(path.as_posix() for path in paths if not NOT_AUDITED.intersection(path.parts))}

    @flow.step("count-lines")
    def count_lines(self, root: str, files: list[str]):
        lines: dict[str, int] = {}
        for file in files:
            package = file.partition("/")[0] if "/" in file else "(modules)"
            lines[package] = lines.get(package, 0) + len((Path(root) / file).read_bytes().splitlines())
        return {"lines": lines, "total_lines": sum(lines.values())}

    @flow.step("count-imports")
    def count_imports(self, root: str, files: list[str]):
        imports: Counter[str] = Counter()
        for file in files:
            imports.update(name.decode() for name in IMPORT.findall((Path(root) / file).read_bytes()))
        return {"imports": first(imports, 3)}

    @flow.step("measure-functions")
    def measure_functions(self, root: str, files: list[str]) -> Measured:
        found = [function for file in files for function in functions_of(Path(root), file)]
        return {"functions": len(found), "longest": sorted(found, key=rank)[:3]}

    @flow.step("digest")
    def digest(self, root: str, files: list[str]):
        content = hashlib.sha256()
        for file in files:
            content.update((Path(root) / file).read_bytes())
        return {"digest": content.digest()}

    @flow.step("report")
    def report(self, files, lines, total_lines, imports, functions, longest, digest):  # all known to the plugin
        largest = ", ".join(f"{package} {count:,}" for package, count in first(lines, 3))
        return {
            "report": [
                f"{len(files):,} files, {total_lines:,} lines, {functions:,} functions; sha256 {digest.hex()[:16]}",
                f"largest:          {largest}",
                f"longest:          {', '.join(f'{each.name} {each.lines:,}' for each in longest)}",
                f"imported most by: {', '.join(f'{name} {count:,}' for name, count in imports)}",
            ]
        }


def first(counts: dict[str, int], number: int) -> list[tuple[str, int]]:
    """The largest counts; equal ones by name."""
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:number]


def rank(function: Function) -> tuple[int, str, str]:
    return (-function.lines, function.file, function.name)


def functions_of(root: Path, file: str) -> Iterator[Function]:
    for node in ast.walk(ast.parse((root / file).read_bytes())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield Function((node.end_lineno or node.lineno) - node.lineno + 1, node.name, file)


def main() -> int:
    parser = argparse.ArgumentParser(description="Audit the Python files of a directory tree.")
    parser.add_argument("command", choices=["run", "resume"])
    parser.add_argument("root", nargs="?", default=sysconfig.get_path("stdlib"), metavar="DIRECTORY")
    parser.add_argument("--db", default="audit.db", help="the SQLite file of checkpoints (default: audit.db)")
    parser.add_argument("--id", default="audit", help="the run's name in it (default: audit)")
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stdout)

    with closing(CheckpointDb(arguments.db)) as db:

        def save(event: Audit.Event) -> None:
            db.save(arguments.id, event.step_name, event.checkpoint)
            print(f"   saved {event.step_name}", flush=True)

        log = LogConfig(stopwatch=True)
        if arguments.command == "run":
            result = Audit().run_sync({"root": arguments.root}, on_step_complete=save, log=log)
        else:
            checkpoint = db.latest(arguments.id)
            if checkpoint is None:
                parser.error(f"{arguments.db} has no checkpoint of a run called {arguments.id!r}")
            result = Audit().run_checkpoint_sync(checkpoint, on_step_complete=save, log=log)

    print(*result["report"], sep="\n")
    # repr shows types too: a list in place of a tuple would give another fingerprint
    print("result", hashlib.sha256(repr(sorted(result.items())).encode()).hexdigest())
    return 0


if __name__ == "__main__":
    sys.exit(main())
