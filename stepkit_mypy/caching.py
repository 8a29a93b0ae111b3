"""What the plugin remembers, and what mypy's own cache depends on."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Generic, TypeVar

T = TypeVar("T")


class Kept(Generic[T]):
    """Answers that are kept with what they were made of, and given again as long as that is the same.

    It is the one rule for what is remembered between hooks. An answer names all that it depends on: a type, a node, how
    often the table of a flow has changed. If any of that is another one, the answer is made anew. So nobody has to tell
    of a change, and what is thrown away can be found again. None says that it is not known yet, and is not kept.
    """

    def __init__(self, most: int = 1) -> None:
        self._most = most
        self._answers: dict[object, tuple[tuple[object, ...], T]] = {}

    def answer(
        self, made_of: tuple[object, ...], make: Callable[[], T], *, key: object = None, meanwhile: T | None = None
    ) -> T:
        """The answer. ``key``: what it is about, of several; ``meanwhile``: what is said if it is asked for itself."""
        known = self._answers.get(key)
        if known is not None and known[0] == made_of:
            return known[1]
        if key not in self._answers and len(self._answers) >= self._most:
            self._answers.clear()
        if meanwhile is not None:
            self._answers[key] = made_of, meanwhile
        found = make()
        if found is not None:
            self._answers[key] = made_of, found
        return found


@cache
def config_data() -> dict[str, str]:
    """What a cache depends on: the sources of the plugin, of which mypy looks at the first only, and of the runtime."""
    digest = hashlib.sha256()
    runtime = find_spec("stepkit")
    folders = [Path(__file__).parent, *(map(Path, runtime.submodule_search_locations or ()) if runtime else ())]
    for folder in folders:
        for file in sorted(folder.rglob("*.py")):
            digest.update(file.read_bytes())
    return {"stepkit_mypy": digest.hexdigest()}
