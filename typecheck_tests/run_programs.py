"""Runs programs to their ends, each in a process of its own that has the large libraries already.

python run_programs.py folder name...       prints as JSON what went wrong, by name
"""

from __future__ import annotations

import contextlib
import importlib
import json
import multiprocessing
import os
import runpy
import sys
import tempfile
import traceback
from multiprocessing.queues import SimpleQueue
from pathlib import Path

LIBRARIES = ("stepkit", "fastapi.testclient", "sqlalchemy.orm", "django.db.models", "pytest")
SECONDS = 20
"""How long one program may take."""


def run(folder: Path, name: str, problems: SimpleQueue[str]) -> None:
    """Run the module ``name``, or the ``main`` of the package of that name, as a script."""
    sys.path.insert(0, str(folder))
    module = f"{name}.main" if (folder / name).is_dir() else name
    sys.argv = [name]
    try:
        with tempfile.TemporaryDirectory() as home, contextlib.chdir(home), open(os.devnull, "w") as nowhere:
            sys.stdout = nowhere
            runpy.run_module(module, run_name="__main__", alter_sys=True)
    except SystemExit as end:
        if end.code:
            problems.put(f"exit code {end.code}")
    except BaseException:
        problems.put(traceback.format_exc())


def main(folder: Path, names: list[str]) -> dict[str, str]:
    for library in LIBRARIES:
        importlib.import_module(library)
    forked = multiprocessing.get_context("fork")
    failed: dict[str, str] = {}
    for name in names:
        problems: SimpleQueue[str] = forked.SimpleQueue()
        process = forked.Process(target=run, args=(folder, name, problems))
        process.start()
        process.join(SECONDS)
        if process.is_alive():
            process.kill()
            process.join()
            failed[name] = f"not at its end after {SECONDS} s"
        elif not problems.empty():
            failed[name] = problems.get()
        elif process.exitcode:
            failed[name] = f"exit code {process.exitcode}"
    return failed


if __name__ == "__main__":
    print(json.dumps(main(Path(sys.argv[1]).resolve(), sys.argv[2:])))
