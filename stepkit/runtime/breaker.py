"""The circuit breaker of one step of one flow class."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Literal, final

from ..backoff import seconds_of
from ..table import CircuitBreaker

State = Literal["closed", "open", "half-open"]


@final
class Breaker:
    """Counts a step's failures in a row, over all runs of its flow class in this process. Thread-safe.

    ``clock`` gives seconds that never go back; a test may put one of its own there.
    """

    def __init__(self, spec: CircuitBreaker, clock: Callable[[], float] = time.monotonic) -> None:
        self.spec = spec
        self.clock = clock
        self.cooldown = seconds_of(spec.cooldown) or 0.0
        self._lock = threading.Lock()
        self._failures = 0
        self._opened_at: float | None = None
        self._probe: object | None = None

    @property
    def state(self) -> State:
        """``"closed"``: calls pass. ``"open"``: none does. ``"half-open"``: one does, the probe."""
        with self._lock:
            if self._opened_at is None:
                return "closed"
            return "half-open" if self._wait() <= 0 else "open"

    @property
    def failures(self) -> int:
        """Failures in a row so far."""
        return self._failures

    @property
    def retry_after(self) -> float:
        """Seconds until a call may pass: 0 unless the breaker is open."""
        with self._lock:
            return 0.0 if self._opened_at is None else max(self._wait(), 0.0)

    def reset(self) -> None:
        """Close the breaker and forget its failures."""
        with self._lock:
            self._close()

    # What the runtime says. Each call that passes has a permit, so that a late call cannot pass for the probe.

    def enter(self) -> object | None:
        """Ask to make a call: a permit, or None if it may not pass."""
        with self._lock:
            if self._opened_at is None:
                return _CLOSED
            if self._wait() > 0 or self._probe is not None:
                return None
            self._probe = object()
            return self._probe

    def succeeded(self, permit: object) -> None:
        """Note that the call of ``permit`` succeeded. Late calls from before the breaker opened do not close it."""
        with self._lock:
            if permit is self._probe or self._opened_at is None:
                self._close()

    def failed(self, permit: object) -> None:
        """Note that the call of ``permit`` failed."""
        with self._lock:
            if permit is self._probe:
                self._failures += 1
                self._opened_at = self.clock()
                self._probe = None
            elif self._opened_at is None:
                self._failures += 1
                if self._failures >= self.spec.failure_threshold:
                    self._opened_at = self.clock()

    def dropped(self, permit: object) -> None:
        """Note that the call of ``permit`` says nothing about the step, for example because it was cancelled."""
        with self._lock:
            if permit is self._probe:
                self._probe = None  # the next call may be the probe

    def _close(self) -> None:
        self._failures = 0
        self._opened_at = None
        self._probe = None

    def _wait(self) -> float:
        assert self._opened_at is not None
        return self._opened_at + self.cooldown - self.clock()

    def __repr__(self) -> str:
        return f"<Breaker {self.state}, {self._failures} failures>"


_CLOSED = object()
