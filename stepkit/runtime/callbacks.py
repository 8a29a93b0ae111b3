"""Notifies the journal and the callbacks of a run: ``on_step_start``, ``on_step_complete`` and ``on_step_error``."""

from __future__ import annotations

import inspect
import weakref
from collections.abc import Awaitable, Callable, Iterator
from itertools import chain, repeat
from typing import Any

from ..events import StepEvent, StepStart
from ..table import CompleteCallback, StepRow
from .cancellation import TaskWatch
from .frame import Frame
from .signals import Aborted, Stopped


async def notify_error(frame: Frame, path: str, error: Exception) -> None:
    """Call ``on_step_error``. It observes: if it fails itself, the step's error still wins."""
    for callback, outside in (*frame.own_error, *((each, 0) for each in frame.run.error_callbacks)):
        try:
            result: Any = callback(path[outside:], error)
            if result is not None and inspect.isawaitable(result):
                frame.run.watch = frame.run.watch or TaskWatch(frame.run.observed)
                await result
                frame.ensure_active()
        except Exception as own:
            frame.ensure_active(own)
            frame.run.warn(path, f"on_step_error failed itself: {own!r}")


async def notify_started(frame: Frame, path: str) -> None:
    """Call ``on_step_start``. If it fails, the run ends before the step: its caller may not have noted the start."""
    run = frame.run
    try:
        for callback, outside in (*frame.own_start, *((each, 0) for each in run.start_callbacks)):
            result: Any = callback(StepStart(path[outside:], run.id))
            if result is not None and inspect.isawaitable(result):
                run.watch = run.watch or TaskWatch(run.observed)
                await result
                frame.ensure_active()
    except Exception as error:
        note(error, "", f"run {run.id}")
        raise Aborted(error) from None


async def journal_started(frame: Frame, path: str, row: StepRow) -> None:
    """Let the journal record that a step starts. If it fails, the run ends before the step."""
    assert frame.run.journal is not None
    await _recorded(frame, frame.run.journal.step_starting, path, row)


async def journal_completed(frame: Frame, path: str) -> None:
    """Let the journal record that a step is complete. If it fails, the run ends before any callback hears of it."""
    assert frame.run.journal is not None
    await _recorded(frame, frame.run.journal.step_completed, path, frame.checkpoint)


async def journal_started_once(frame: Frame, path: str, checkpoint: str) -> None:
    """Let the journal keep the start record of an at-most-once step. If it fails, the run ends before the step."""
    assert frame.run.journal is not None
    await _recorded(frame, frame.run.journal.step_starting_once, path, checkpoint)


async def journal_gate(frame: Frame, path: str, row: StepRow, checkpoint: str) -> None:
    """Let the journal record that the run waits. If it fails, the run ends with that error."""
    assert frame.run.journal is not None
    await _recorded(frame, frame.run.journal.gate_reached, path, row, checkpoint)


async def _recorded(frame: Frame, record: Callable[..., Awaitable[None] | None], *arguments: Any) -> None:
    try:
        result = record(*arguments)
        if result is not None and inspect.isawaitable(result):
            await result
            frame.ensure_active()
    except Exception as error:
        note(error, "", f"run {frame.run.id}")
        raise Aborted(error) from None


def notify_completed(frame: Frame, path: str, duration: float) -> Awaitable[None] | None:
    """Call ``on_step_complete``; return what has to be awaited of it, or None: then it was all sync, and is done.

    If it fails, the run ends: its caller may not have saved the checkpoint.
    """
    event = StepEvent(path, duration * 1000, frame)
    callbacks = iter(frame.run.complete_callbacks)
    if frame.own_complete:
        own = [
            (callback, StepEvent(path[outside:], duration * 1000, frame)) for callback, outside in frame.own_complete
        ]
        return _notify_rest(frame, [*(each for _, each in own), event], None, chain(own, zip(callbacks, repeat(event))))
    for callback in callbacks:
        try:
            result: Any = callback(event)
        except Exception as error:
            note(error, "", f"run {frame.run.id}")
            raise Aborted(error) from None
        if result is not None and inspect.isawaitable(result):
            return _notify_rest(frame, [event], result, zip(callbacks, repeat(event)))
    reference = weakref.ref(event)
    del event
    if (kept := reference()) is not None:
        kept._seal()
    if frame.stop_asked:
        raise Stopped(frame.path, frame.context)
    return None


async def _notify_rest(
    frame: Frame, events: list[StepEvent], waiting: Any, calls: Iterator[tuple[CompleteCallback, StepEvent]]
) -> None:
    """Do the rest of ``notify_completed``, from the first callback that has to be awaited."""
    run = frame.run
    run.watch = run.watch or TaskWatch(run.observed)
    event: StepEvent | None = None
    frame.notifying = True
    try:
        if waiting is not None:
            await waiting
            frame.ensure_active()
        for callback, event in calls:
            waiting = callback(event)
            if waiting is not None and inspect.isawaitable(waiting):
                await waiting
                frame.ensure_active()
        frame.notifying = False
    except Exception as error:
        note(error, "", f"run {run.id}")
        raise Aborted(error) from None
    finally:
        del waiting, calls, event
        _seal(events)
    if frame.stop_asked:
        raise Stopped(frame.path, frame.context)


def _seal(events: list[StepEvent]) -> None:
    """Seal the events that somebody keeps: they must not change any more. Most are dropped with their callback."""
    references = list(map(weakref.ref, events))
    events.clear()
    for reference in references:
        if (kept := reference()) is not None:
            kept._seal()


def note(error: Exception, step: str, run: str) -> None:
    """Note where an error comes from, unless it says so already, or more exactly: a step inside this one.

    An error object that is raised in one run after another keeps the note of the last one only.
    """
    notes: Any = getattr(error, "__notes__", [])
    inside = step.removesuffix('", ') + "/"
    try:
        if any(line == step + run or (line.startswith(inside) and line.endswith(run)) for line in notes):
            return
        for line in notes if step else ():
            if line.startswith(step):
                notes.remove(line)
                break
        error.add_note(step + run)
    except Exception:
        pass  # an error that cannot be written to, as a frozen dataclass
