"""Connections that are kept for the next caller: each is used by one thread at a time."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Generic, TypeVar

from ..errors import StepkitError

Connection = TypeVar("Connection")


class Connections(Generic[Connection]):
    """Opens a connection when all are in use, up to a limit; then callers wait for one.

    It does not know the store, which can so be forgotten, and its connections closed then.
    """

    def __init__(self, close: Callable[[Connection], object], limit: int = 16) -> None:
        self._close = close
        self._idle: list[Connection] = []
        self._free = threading.BoundedSemaphore(limit)
        self._process = os.getpid()

    @contextmanager
    def one(self, connect: Callable[[], Connection]) -> Iterator[Connection]:
        """A connection; it is closed instead of kept if the driver fails."""
        with self._free:
            try:
                connection = self._idle.pop()
            except IndexError:
                connection = connect()
            try:
                yield connection
            except (StepkitError, ValueError, LookupError):  # something was refused; the connection is well
                self._idle.append(connection)
                raise
            except BaseException:
                self._close(connection)
                raise
            self._idle.append(connection)

    def close(self) -> None:
        """Close those that nobody uses; those of another process are left to it."""
        while self._idle and self._process == os.getpid():
            self._close(self._idle.pop())


KNOWN = (
    "address already in use",
    "authentication failed",
    "broken pipe",
    "closed the connection unexpectedly",
    "connection refused",
    "connection reset",
    "connection timed out",
    "couldn't get a connection",
    "does not exist",
    "name or service not known",
    "no such file or directory",
    "permission denied",
    "read-only",
    "server is loading",
    "shutting down",
    "starting up",
    "temporary failure in name resolution",
    "timeout expired",
    "timeout",
    "too many clients",
    "too many connections",
)


def known_reason(text: str, name: str) -> str:
    """What of a driver's error can be told: its name, and words that we know. The rest may hold a password."""
    lowered = text.lower()
    words = next((each for each in KNOWN if each in lowered), None)
    return name if words is None else f"{words} ({name})"
