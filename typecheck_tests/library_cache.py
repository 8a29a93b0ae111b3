"""What mypy knows of the libraries that services are written with: checked once for all projects with the same options.

Checking these libraries takes mypy longer than all cases together, and each project begins with an empty cache. So the
first project that imports one of them makes a cache of them alone, and the others with the same options copy it.
stepkit itself is not in it, nor is any case.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from .locks import lock

MODULES = (
    "anyio attrs django.conf django.db.models django.http django.urls fastapi fastapi.testclient httpx pydantic "
    "sqlalchemy sqlalchemy.orm sqlalchemy.ext.asyncio"
).split()
IMPORT = re.compile(r"^\s*(?:from|import) (?:django|fastapi|httpx|pydantic|sqlalchemy)\b", re.MULTILINE)

Run = Callable[[Sequence[str], Path], "subprocess.CompletedProcess[str]"]


def lend(folder: Path, cache: Path, sources: Iterable[str], command: Sequence[str], run: Run) -> None:
    """Fill a project's cache folder, where there is none yet and its sources import one of the libraries.

    Args:
        folder: Where the caches of the libraries are kept: one for all projects of a session.
        cache: The project's ``cache_dir``.
        sources: The texts of the project's files.
        command: How mypy is called: its config file and flags, but no files.
        run: Runs a command in a folder.
    """
    if cache.exists() or not any(map(IMPORT.search, sources)):
        return
    config = command[command.index("--config-file") + 1]
    plugins = re.search(r"^plugins = (.+)$", Path(config).read_text(), re.MULTILINE)
    flags = [each for each in command if each.startswith("--") and each != "--config-file"]
    name = re.sub(r"\W+", "-", f"libraries {plugins[1] if plugins else ''} {' '.join(sorted(flags))}").strip("-")
    folder.mkdir(parents=True, exist_ok=True)
    made = folder / name
    with lock(folder / f"{name}.lock", wait=True):
        if not made.exists():
            begun = folder / f"{name}-begun"
            begun.mkdir(exist_ok=True)
            (begun / "libraries.py").write_text("".join(f"import {module}\n" for module in MODULES))
            run([*command, "--cache-dir", str(begun / "cache"), "libraries.py"], begun)
            (begun / "cache").rename(made)
    shutil.copytree(made, cache)
