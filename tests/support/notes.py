"""The notes that stepkit puts on errors, without the ids of runs, which are random."""

from __future__ import annotations

import re


def notes(error: BaseException) -> list[str]:
    """The notes with ``...`` instead of a random id."""
    return [re.sub(r"run [0-9a-f]{32}$", "run ...", note) for note in getattr(error, "__notes__", [])]


def places(error: BaseException) -> list[str]:
    """The notes that name a flow and a step, without the run."""
    found = [re.sub(r"(, )?run [0-9a-f]{32}$", "", note) for note in getattr(error, "__notes__", [])]
    return [note for note in found if note]
