"""The deadline of a whole run: what is in progress when it passes is abandoned, whatever the policies say."""

from __future__ import annotations

import sys
from collections.abc import Callable
from time import monotonic, time
from typing import Any


class Deadline:
    """``at`` is kept over a resume; what is left until then is measured by a clock that nobody sets."""

    __slots__ = ("_clock", "_due", "at")

    def __init__(self, at: float) -> None:
        self.at = at
        """Seconds since 1970; infinity is never, which takes away that of a checkpoint."""
        self._clock = _clock()
        self._due = self._clock() + at - time()

    @property
    def left(self) -> float:
        """Seconds."""
        return self._due - self._clock()


def _clock() -> Callable[[], float]:
    asyncio: Any = sys.modules.get("asyncio")
    loop = None if asyncio is None else asyncio._get_running_loop()  # asks without an exception
    return monotonic if loop is None else loop.time
