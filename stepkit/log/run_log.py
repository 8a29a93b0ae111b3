"""The log of one run: an observer that writes a line for each thing that happens."""

from __future__ import annotations

import re
import threading
import time
import weakref
from collections.abc import Collection
from functools import partial
from typing import TYPE_CHECKING, Literal

from .config import LogConfig, Stopwatch
from .live import draw
from .sink import Level, Sink
from .summary import Status, Timing, box, statistics
from .text import escape, format_duration, show_error, show_keys, show_progress

if TYPE_CHECKING:
    from ..runtime.ending import Ending, RunStatus
    from ..table import Kind

PROGRESS_EVERY = 1.0
"""Seconds between two lines of one step's progress."""
LIVE_EVERY = 0.1
"""Seconds between two of them on a terminal, where it is one line that is written over."""
_NO_TIMES = Stopwatch(show_step_duration=False, show_summary=False, show_total=False)

_STEPS: dict[Kind, tuple[str, str]] = {
    "step": ("📍", "Step"),
    "transform": ("🔄", "Transform"),
    "branch": ("🔀", "Branch"),
    "parallel": ("⚡", "Parallel"),
    "subflow": ("📦", "Flow"),
    "approval": ("🚦", "Approval"),
}
_SKIPS = {"resume": "resume-skip", "when": "skipped", "circuit-open": "skipped, circuit open"}
_RANDOM_ID = re.compile(r"[0-9a-f]{32}")
_PLAIN = {"⚠️": "Warning: ", "↳": "-> "}  # every other icon only repeats what the words say


class RunLog:
    """Implements ``runtime.observer.Observer``. Its methods may be called from several threads at once.

    The lock is held for all lines of one event, so that an ``Output:`` stands below its step.
    """

    def __init__(self, config: LogConfig, run_log: bool) -> None:
        self._run_log = run_log
        self._emoji = config.emoji is not False
        self._sink = Sink(config.log_fn, config.error_fn, plain=not self._emoji)
        watch = config.stopwatch
        self._watch = watch if isinstance(watch, Stopwatch) else Stopwatch() if watch else _NO_TIMES
        self._lock = threading.RLock()  # a log function may run something that is logged here
        self._flow = ""
        self._run_id = ""
        self._in_crowd = False
        self._resumed_from: str | None = None
        self._timings: dict[str, Timing] = {}
        self._progress: dict[str, float] = {}  # when each step's progress was written last
        self._logs: dict[str, bool] = {}  # the log= of the steps that have one, for events that come without it

    def run_started(self, flow: str, run_id: str, keys: Collection[str], resumed_from: str | None) -> None:
        with self._lock:
            self._flow = escape(flow)
            self._run_id = run_id
            _RUNNING.add(self)
            if len(_RUNNING) > 1:
                for each in tuple(_RUNNING):
                    each._in_crowd = True
            self._resumed_from = resumed_from
            if not self._run_log:
                return
            if resumed_from:  # from before the first step it starts
                self._write("info", f"{self._icon('🚀')}Resuming pipeline from checkpoint step: {escape(resumed_from)}")
            elif keys:
                self._write("info", f"{self._icon('🚀')}Starting pipeline with input: {show_keys(keys)}")
            else:
                self._write("info", f"{self._icon('🚀')}Starting pipeline")

    def step_started(self, path: str, kind: Kind, log: bool | None) -> None:
        with self._lock:
            if self._logged(path, log):
                icon, label = _STEPS[kind]
                self._write("info", f"{self._icon(icon)}{label}: {escape(path)}", path)

    def step_progressed(self, path: str, done: float, total: float | None, message: str) -> None:
        with self._lock:
            if not self._logged(path, None):
                return
            now = time.monotonic()
            last = self._progress.get(path)
            live = self._sink.live
            if last is not None and now - last < (LIVE_EVERY if live else PROGRESS_EVERY) and done != total:
                return
            self._progress[path] = now
            label, text = f"   {self._icon('⏳')}{escape(path)}", show_progress(done, total, message)
            if live:
                better = partial(draw, label, done, total, text) if self._emoji else None  # its bar is not ASCII
                self._sink.show_live(f"{label}: {text}", better)
            else:
                self._write("info", f"{label}: {text}", path)

    def case_chosen(self, path: str, case: str | None, log: bool | None) -> None:
        with self._lock:
            if self._logged(path, log):
                chosen = "No case chosen" if case is None else f"Executing: {escape(path)}/{escape(case)}"
                self._write("info", f"   {self._icon('↳')}{chosen}", path)

    def step_completed(self, path: str, duration: float, keys: Collection[str], log: bool | None) -> None:
        with self._lock:
            self._time(path, "success", duration)
            if self._logged(path, log):
                time = f" in {format_duration(duration)}" if self._watch.show_step_duration else ""
                self._write("info", f"{self._icon('✅')}{escape(path)} completed{time}", path)
                if keys:
                    self._write("info", f"   Output: {show_keys(keys)}", path)

    def step_skipped(self, path: str, reason: Literal["when", "resume", "circuit-open"], log: bool | None) -> None:
        with self._lock:
            self._time(path, "skipped", 0.0)
            if self._logged(path, log):
                level: Level = "warning" if reason == "circuit-open" else "info"
                self._write(level, f"{self._icon('⏭️')}Step: {escape(path)} ({_SKIPS[reason]})", path)

    def attempt_failed(
        self, path: str, attempt: int, attempts: int, error: BaseException, delay: float, log: bool | None
    ) -> None:
        with self._lock:
            if self._logged(path, log):
                pause = f" in {format_duration(delay)}" if delay > 0 else ""
                what = f"{escape(path)} attempt {attempt} of {attempts} failed, retrying{pause}"
                self._write("warning", f"{self._icon('🔁')}{what}: {show_error(error)}", path)

    def step_failed(self, path: str, duration: float, error: BaseException, log: bool | None) -> None:
        with self._lock:
            self._time(path, "failed", duration)
            if self._logged(path, log):
                time = f" after {format_duration(duration)}" if self._watch.show_step_duration else ""
                self._write("error", f"{self._icon('❌')}{escape(path)} failed{time}", path)
                self._write("error", f"   Error: {show_error(error)}", path)

    def fell_back(self, path: str, fallback: str, log: bool | None) -> None:
        with self._lock:
            if self._logged(path, log):
                what = f"{escape(path)}: its fallback {escape(fallback)} gives its keys"
                self._write("warning", f"   {self._icon('🩹')}{what}", path)

    def warned(self, path: str, message: str) -> None:
        with self._lock:
            if self._logs.get(path) is not False:  # also if the run is not logged: somebody should know
                where = f"{escape(path)}: " if path else ""
                self._write("warning", f"{self._icon('⚠️')}{where}{escape(message)}", path)

    def run_finished(self, ending: Ending, duration: float) -> None:
        with self._lock:
            self._write_finish(ending.status, duration, ending.step)
            _RUNNING.discard(self)

    def _write_finish(self, status: RunStatus, duration: float, step: str | None) -> None:
        if step is not None and status in _ENDINGS and self._logged(step, None):
            icon = "⏸️" if status == "waiting" else "⏹️"
            self._write("info", f"{self._icon(icon)}{_ENDINGS[status]}: {escape(step)}", step)
        if not self._run_log:
            return
        if self._watch.show_summary and self._timings:
            self._write_summary(status, step)
        if self._watch.show_total:
            self._write("info", f"{self._icon('⏰')}Total Pipeline Time: {format_duration(duration)}")
        self._write_end(status, step)

    def _write_summary(self, status: RunStatus, step: str | None) -> None:
        timings = tuple(self._timings.values())
        lines = [f"{self._icon('⏱️')}Performance Summary:"]
        if self._resumed_from:
            lines.append(f"{self._icon('↪️')}Resumed from checkpoint: {escape(self._resumed_from)}")
        lines += box(timings, emoji=self._emoji)
        figures = statistics(timings)
        if figures:
            lines += [f"{self._icon('📊')}Statistics:", *figures]
        if status == "stopped":
            by = "" if step is None else f" (requested by {escape(step)})"
            lines.append(f"{self._icon('⏹️')}Stopped early{by}")
        for line in lines:
            self._write("info", line)

    def _write_end(self, status: RunStatus, step: str | None) -> None:
        at = "" if step is None else f" at: {escape(step)}"
        if status == "completed":
            failed = sum(timing.status == "failed" for timing in self._timings.values())
            how = "successfully" if not failed else f"with {failed} failed {'step' if failed == 1 else 'steps'}"
            self._write("info", f"{self._icon('✨')}Pipeline completed {how}")
        elif status == "stopped":
            self._write("info", f"{self._icon('✨')}Pipeline stopped early")
        elif status == "skipped-remaining":
            self._write("info", f"{self._icon('✨')}Pipeline ended early, remaining steps skipped")
        elif status == "waiting":
            self._write("info", f"{self._icon('✨')}Pipeline waits{at}")
        elif status == "cancelled":
            self._write("warning", f"{self._icon('🛑')}Pipeline cancelled{at}")
        elif status == "deadline":
            self._write("error", f"{self._icon('⌛')}Pipeline ended by its deadline{at}")
        else:
            self._write("error", f"{self._icon('❌')}Pipeline failed{at}")

    def _logged(self, path: str, log: bool | None) -> bool:
        if log is not None:
            self._logs[path] = log
        return self._logs.get(path, self._run_log)

    def _time(self, path: str, status: Status, duration: float) -> None:
        self._timings.pop(path, None)  # a step that runs again inside a retried container has one row, its last
        self._timings[path] = Timing(path, status, duration)

    def _icon(self, icon: str) -> str:
        return f"{icon} " if self._emoji else _PLAIN.get(icon, "")

    def _write(self, level: Level, line: str, step: str = "") -> None:
        if self._in_crowd:
            line = f"[{_short(self._run_id)}] {line}"
        self._sink.write(level, line, self._flow, escape(step), self._run_id)


def _short(run_id: str) -> str:
    """Cut a random id, which differs from others in its beginning; one that somebody chose is shown whole."""
    return run_id[:8] if _RANDOM_ID.fullmatch(run_id) else escape(run_id)


_RUNNING: weakref.WeakSet[RunLog] = weakref.WeakSet()
"""The runs of this process that are logged at this moment. Once there are others, lines say whose they are."""

_ENDINGS: dict[RunStatus, str] = {
    "stopped": "Early stop requested by",
    "skipped-remaining": "Remaining steps skipped after failure of",
    "waiting": "Waiting for a decision at",
}
