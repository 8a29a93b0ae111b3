"""Where the lines of a log go."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Callable
from typing import Literal, TextIO

from .text import cut, show_error

Level = Literal["info", "warning", "error"]

_LEVELS: dict[Level, int] = {"info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}


class Sink:
    """Writes lines to the logger ``stepkit`` or to the user's functions. Like ``logging`` it never raises."""

    def __init__(
        self, log_fn: Callable[[str], object] | None, error_fn: Callable[[str], object] | None, *, plain: bool
    ) -> None:
        self._log_fn = log_fn
        self._error_fn = error_fn or log_fn
        self._logger = logging.getLogger("stepkit")
        self._sign = "Warning: " if plain else "⚠️ "
        self._reported = False
        self._live = False  # whether the terminal's last line is one that the next is written over

    @property
    def live(self) -> bool:
        """Whether lines go to a terminal, on which one can be written over."""
        unlogged = self._log_fn is None and not self._logger.hasHandlers()
        is_terminal = sys.stderr is not None and sys.stderr.isatty()
        return unlogged and is_terminal and os.environ.get("TERM") not in ("dumb", "unknown")

    def show_live(self, line: str, draw: Callable[[int, TextIO], str | None] | None) -> None:
        """Show a line that the next one takes the place of.

        ``draw`` makes a better one for a terminal of that many columns, if it can.
        """
        try:
            if self._logger.isEnabledFor(logging.INFO) or self._logger.level == logging.NOTSET:
                width = os.get_terminal_size(sys.stderr.fileno()).columns - 1  # full, it would begin another line
                drawn = draw(width, sys.stderr) if draw is not None else None
                sys.stderr.write(f"\r\x1b[2K{drawn or cut(line, width)}")
                sys.stderr.flush()
                self._live = True
        except Exception as error:
            self._report(error, {"flow": "", "step": "", "run_id": ""}, by_user=False)

    def write(self, level: Level, line: str, flow: str, step: str, run_id: str) -> None:
        about = {"flow": flow, "step": step, "run_id": run_id}
        function = self._error_fn if level == "error" else self._log_fn
        try:
            if function is None:
                self._to_logger(level, line, about)
            else:
                function(line)
        except Exception as error:
            self._report(error, about, by_user=function is not None)

    def _to_logger(self, level: Level, line: str, about: dict[str, str]) -> None:
        number = _LEVELS[level]
        logger = self._logger
        if logger.hasHandlers() or logger.disabled:
            logger.log(number, line, extra=about)
        # Nobody configured logging, and the root's WARNING is not anyone's choice; a level set on our logger is.
        elif number >= logger.level and number > logger.manager.disable:
            if self._live:
                line, self._live = f"\r\x1b[2K{line}", False
            _to_stderr(line)

    def _report(self, error: Exception, about: dict[str, str], *, by_user: bool) -> None:
        """Say once in a run that lines are lost."""
        if self._reported:
            return
        self._reported = True
        who = "the log function" if by_user else "the logger"
        line = f"{self._sign}{who} failed; the run goes on, this line is lost: {show_error(error)}"
        try:
            if by_user:
                self._to_logger("warning", line, about)
            else:
                _to_stderr(line)
        except Exception:
            pass  # no one is left to tell


def _to_stderr(line: str) -> None:
    if sys.stderr is not None:  # it is under pythonw
        sys.stderr.write(line + "\n")
        sys.stderr.flush()
