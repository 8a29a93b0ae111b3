"""Durations, and how long to wait between two attempts."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias, final

if TYPE_CHECKING:
    from datetime import timedelta

    Seconds: TypeAlias = float | timedelta
    """What is taken wherever a time is asked for: a number of seconds, or a ``timedelta``."""
else:
    Seconds = float  # who gives a timedelta has imported datetime; importing stepkit does not


def seconds_of(value: object) -> float | None:
    """The finite number of seconds from 0 that ``value`` says; None if it says none, as a bool does not."""
    if callable(total_seconds := getattr(value, "total_seconds", None)):
        value = total_seconds()
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value) or value < 0:
        return None
    return float(value)


@final
@dataclass(frozen=True, kw_only=True)
class Backoff:
    """A ``retry_delay``: how long to wait after a failed attempt; ``flow.exponential`` and ``flow.fixed`` make it."""

    initial: Seconds
    factor: float
    maximum: Seconds
    jitter: bool

    def __call__(self, attempt: int, error: Exception) -> float:
        """Seconds to wait after attempt number ``attempt``, counted from 1."""
        initial, maximum = seconds_of(self.initial) or 0.0, seconds_of(self.maximum) or 0.0
        try:
            delay = min(maximum, initial * self.factor ** (attempt - 1))
        except OverflowError:
            delay = maximum
        if self.jitter:
            import random

            delay *= random.uniform(0.5, 1.0)
        return delay

    def problems(self) -> Iterator[str]:
        """What is wrong with the numbers."""
        for name in ("initial", "maximum"):
            value: Any = getattr(self, name)
            if seconds_of(value) is None:
                yield f"{name} is a number of seconds from 0 or a timedelta, not {value!r}"
        if isinstance(self.factor, bool) or not isinstance(self.factor, int | float) or not 1 <= self.factor < math.inf:
            yield f"factor is a finite number from 1, not {self.factor!r}"
