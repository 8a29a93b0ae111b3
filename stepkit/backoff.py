"""Durations and deadlines, and how long to wait between two attempts."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from time import time
from typing import TYPE_CHECKING, Any, TypeAlias, final

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    Seconds: TypeAlias = float | timedelta
    """What is taken wherever a time is asked for: a number of seconds, or a ``timedelta``."""
    Deadline: TypeAlias = float | timedelta | datetime
    """When something has to be over: seconds from now, a ``timedelta``, or a ``datetime`` with a time zone."""
else:
    Seconds = Deadline = float  # who gives a timedelta has imported datetime; importing stepkit does not

LAST_SECOND = 253_402_300_799
"""The end of the year 9999, in seconds since 1970; what is to be over later has no deadline."""

LOOKS_LIKE_A_DATE = 1_000_000_000
"""So many seconds are 31 years; since 1970 they were over in 2001."""


def seconds_of(value: object) -> float | None:
    """The finite number of seconds from 0 that ``value`` says; None if it says none, as a bool does not."""
    if callable(total_seconds := getattr(value, "total_seconds", None)):
        value = total_seconds()
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value) or value < 0:
        return None
    return float(value)


def deadline_of(value: object) -> float:
    """When ``deadline=`` is, in seconds since 1970; infinity is never. Raises ``TypeError`` and ``ValueError``."""
    wanted = "deadline is a number of seconds from now, a timedelta, or a datetime with a time zone"
    moment: Any = value
    if callable(getattr(value, "timestamp", None)):
        if moment.utcoffset() is None:
            raise ValueError(f"{wanted}; this one has none: datetime.now(UTC) + timedelta(...) has")
        at: float = moment.timestamp()
    else:
        at = time() + _seconds_from_now(value, wanted)
    return max(at, 0.0) if at <= LAST_SECOND else math.inf


def _seconds_from_now(value: Any, wanted: str) -> float:
    """Return how long it is until ``value``; below 0 it has passed, as what is left for a worker that comes late."""
    if callable(getattr(value, "total_seconds", None)):
        return float(value.total_seconds())
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(f"{wanted}, not {type(value).__qualname__}")
    if value != value:  # NaN; a number may be too large for the functions of math
        raise ValueError(f"{wanted}; this one is no number")
    if LOOKS_LIKE_A_DATE <= value <= LAST_SECOND:
        raise ValueError(
            f"{wanted}; this one looks like a time in seconds since 1970: datetime.fromtimestamp(..., UTC) makes "
            "a datetime of it"
        )
    return float(max(-LAST_SECOND, value)) if value <= LAST_SECOND else math.inf


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
