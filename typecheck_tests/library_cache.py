"""What mypy knows of modules that many projects import: checked once for all projects with the same options.

Checking the libraries that services are written with takes mypy longer than all cases together, and each project begins
with an empty cache. So the first project that imports one of them makes a cache of them alone, and the others with the
same options copy it. stepkit itself is not in it, nor is any case. A single program is a matter of milliseconds beside
stepkit and what it imports, so its cache holds those.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from .locks import lock

LIBRARIES = (
    "anyio attrs django.conf django.db.models django.http django.urls fastapi fastapi.testclient httpx pydantic "
    "sqlalchemy sqlalchemy.orm sqlalchemy.ext.asyncio"
).split()
STEPKIT = ("stepkit", "stepkit.errors", "stepkit.testing")
IMPORT = re.compile(r"^\s*(?:from|import) (?:django|fastapi|httpx|pydantic|sqlalchemy)\b", re.MULTILINE)

Run = Callable[[Sequence[str], Path], "subprocess.CompletedProcess[str]"]


def imports_libraries(sources: Iterable[str]) -> bool:
    """Whether one of a project's files imports one of the libraries that take long."""
    return any(map(IMPORT.search, sources))


def lend(folder: Path, cache: Path, modules: Sequence[str], command: Sequence[str], run: Run) -> None:
    """Fill a project's cache folder with what mypy knows of modules, where there is no such folder yet.

    Args:
        folder: Where the caches are kept: one for all projects of a session.
        cache: The project's ``cache_dir``.
        modules: The modules, and with them what they import.
        command: How mypy is called: its config file and flags, but no files.
        run: Runs a command in a folder.
    """
    if cache.exists():
        return
    config = command[command.index("--config-file") + 1]
    plugins = re.search(r"^plugins = (.+)$", Path(config).read_text(), re.MULTILINE)
    flags = [each for each in command if each.startswith("--") and each != "--config-file"]
    name = re.sub(
        r"\W+", "-", f"cache of {modules[0]} {plugins[1] if plugins else ''} {' '.join(sorted(flags))}"
    ).strip("-")
    folder.mkdir(parents=True, exist_ok=True)
    made = folder / name
    with lock(folder / f"{name}.lock", wait=True):
        if not made.exists():
            begun = folder / f"{name}-begun"
            begun.mkdir(exist_ok=True)
            (begun / "imports.py").write_text("".join(f"import {module}\n" for module in modules))
            run([*command, "--cache-dir", str(begun / "cache"), "imports.py"], begun)
            (begun / "cache").rename(made)
    shutil.copytree(made, cache)
