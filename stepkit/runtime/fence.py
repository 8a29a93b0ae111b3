"""What stands around an attempt that may be abandoned, and tells what is inside that it does not count any more."""

from __future__ import annotations

from collections.abc import Callable


class Fence:
    """Stands around an attempt that may be abandoned.

    Once it is closed, nothing inside counts. Once it is abandoned, nobody waits for what is inside either: a thread
    cannot be killed, so it is left alone.
    """

    __slots__ = ("_abandoned", "_closed", "_leaving", "_outer", "threads")

    def __init__(self, outer: Fence | None, *, threads: bool = True) -> None:
        self.threads: bool = threads or (outer is not None and outer.threads)
        """Whether sync steps inside run in threads, as the event loop has to see that their time is over."""
        self._outer = outer
        self._closed = False
        self._abandoned = False
        self._leaving: list[Callable[[], object]] | None = None

    def close(self) -> None:
        self._closed = True

    def abandon(self) -> None:
        self._closed = self._abandoned = True
        for leave in self._leaving or ():
            leave()

    def on_abandon(self, leave: Callable[[], object]) -> None:
        """Call ``leave`` when this fence, or one around it, is abandoned."""
        if self._leaving is None:
            self._leaving = []
        self._leaving.append(leave)
        if self._outer is not None:
            self._outer.on_abandon(leave)

    def forget(self, leave: Callable[[], object]) -> None:
        """Undo ``on_abandon``."""
        if self._leaving is not None:
            self._leaving.remove(leave)
        if self._outer is not None:
            self._outer.forget(leave)

    @property
    def closed(self) -> bool:
        return self._closed or (self._outer is not None and self._outer.closed)

    @property
    def abandoned(self) -> bool:
        return self._abandoned or (self._outer is not None and self._outer.abandoned)
