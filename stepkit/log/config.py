"""How a run is logged, as users say it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

_CO_COROUTINE = 0x80  # inspect.CO_COROUTINE, without importing inspect


@dataclass(frozen=True, kw_only=True)
class Stopwatch:
    """Which times a log shows.

    ``show_step_duration``: the time of each step, on its line. ``show_summary``: the boxed table of all steps and
    the statistics, after the run. ``show_total``: the time of the whole run.
    """

    show_step_duration: bool = True
    show_summary: bool = True
    show_total: bool = True


@dataclass(frozen=True, kw_only=True)
class LogConfig:
    """How a run is logged: ``Calc().run(input, log=LogConfig(stopwatch=True))``.

    Lines go to the standard logger ``stepkit``: INFO, WARNING for what deserves a look (a retried attempt, a replaced
    key, a skip because a circuit breaker is open, a cancelled run), ERROR for failures. Where nobody has configured
    logging (the logger and its parents have no handler), they are written to ``sys.stderr``, as a user of ``log=True``
    expects; where logging is configured, its levels decide: ``logging.basicConfig(level=logging.INFO)`` shows all.
    Each record has ``flow``, ``run_id`` and ``step`` (a path, or "") for formatters and filters. While more than one
    run of this process is logged, each line begins with its run's id, a random one cut to 8 characters: ``[7bbb1d1c]``.

    Every line is one record, also those of the boxed summary. Names of keys are logged, never values; the text of an
    error is, whatever its author put there. Control characters are escaped.

    Args:
        stopwatch: ``True`` shows all times, a ``Stopwatch`` those that it names. Off where it is left out.
        log_fn: Called with each line instead of the logger.
        error_fn: Called with the lines of failures; ``log_fn`` gets them where this is left out.
        emoji: ``False`` writes ASCII around the names, for log files and for terminals that draw emoji and
            boxes with other widths than Unicode gives them (two cells for an emoji). On where it is left out.

    Of a run's ``LogConfig``, what is left out is as in the ``LogConfig`` of the flow class.

    The two functions are called while the run's log is locked, from the thread in which the step runs. One that
    raises does not disturb the run: its first error is reported as a warning of the logger, the line is lost, and it
    is called again for the next line. Raises ``TypeError`` for an argument of a wrong type or an async function.
    """

    stopwatch: bool | Stopwatch | None = None
    log_fn: Callable[[str], object] | None = None
    error_fn: Callable[[str], object] | None = None
    emoji: bool | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.stopwatch, (bool, Stopwatch, type(None))):
            raise TypeError(f"LogConfig: stopwatch is a bool or a Stopwatch, not {self.stopwatch!r}")
        if not isinstance(self.emoji, (bool, type(None))):
            raise TypeError(f"LogConfig: emoji is a bool, not {self.emoji!r}")
        _check_function("log_fn", self.log_fn)
        _check_function("error_fn", self.error_fn)


def effective_config(log: bool | LogConfig | None, class_log: bool | LogConfig | None) -> tuple[LogConfig, bool]:
    """Return how a run is logged, and whether it is, by its own ``log=`` and that of its flow class.

    Raises ``TypeError`` if one of them is something else.
    """
    for value in (log, class_log):
        if not isinstance(value, (bool, LogConfig, type(None))):
            raise TypeError(f"log is True, False or a LogConfig, not {value!r}")
    decisive = class_log if log is None else log
    own = log if isinstance(log, LogConfig) else LogConfig()
    base = class_log if isinstance(class_log, LogConfig) else LogConfig()
    config = LogConfig(
        stopwatch=base.stopwatch if own.stopwatch is None else own.stopwatch,
        log_fn=base.log_fn if own.log_fn is None else own.log_fn,
        error_fn=base.error_fn if own.error_fn is None else own.error_fn,
        emoji=base.emoji if own.emoji is None else own.emoji,
    )
    return config, decisive not in (None, False)


def _check_function(name: str, value: Any) -> None:
    if value is None:
        return
    if not callable(value):
        raise TypeError(f"LogConfig: {name} is a function of a line, not {value!r}")
    code = getattr(getattr(value, "__func__", value), "__code__", None)
    if code is not None and code.co_flags & _CO_COROUTINE:
        raise TypeError(f"LogConfig: {name} is async, and nothing would await it; give a plain function")
