"""Interprets a step table: one loop for sync and async, for the root and for every nested flow."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from time import perf_counter
from types import CoroutineType

from ..current import Attempt, running
from ..errors import ApprovalRequired, MissingKeyError, RunCancelledError, StepkitError
from ..table import Fallback
from .attempts import note_current, repeat
from .callbacks import (
    journal_completed,
    journal_started,
    note,
    notify_completed,
    notify_error,
    notify_started,
)
from .calls import call_fallback, condition_holds, output_of
from .cancellation import TaskWatch
from .fingerprint import SURVIVED
from .frame import Frame, PlannedStep, SkipReason
from .gates import begin_once
from .injection import missing_key
from .signals import Aborted, Cancelled


async def run_frame(frame: Frame) -> None:
    """Run what is left of a frame. Where a step has skipped the rest of the run, ``frame.ended_by`` says which."""
    run, steps, place = frame.run, frame.steps, frame.position
    if run.watched or frame.own_start or frame.copies or frame.fence is not None or frame.in_group:
        while frame.position < len(steps):
            frame.ended_by = await _execute(frame, steps[frame.position])
            if frame.ended_by is not None:
                return
        return

    # Nothing here can be abandoned and nobody watches each move: the short way for steps without policies.
    owner, context, written = frame.owner, frame.context, frame.written
    notifies = bool(run.complete_callbacks or frame.own_complete)
    attempt = Attempt(frame, None, 1)
    running.set(attempt)
    cancelling: Callable[[], int] | None = None
    started, before = 0.0, 0
    counted = place  # how far the frame knows what is done; where nobody is notified it learns that when it may matter
    for step in steps[place:] if place else steps:
        if not step.simple:
            if not notifies:
                frame.catch_up(counted, step.place)
                counted = step.place + 1
            frame.position = step.place
            frame.ended_by = await _execute(frame, step)
            if frame.ended_by is not None:
                return
            running.set(attempt)
            context, written = frame.context, frame.written
            continue
        attempt.step = step
        if notifies:
            started = perf_counter()
        try:
            if (key := step.key) is not None:
                output = step.function(owner, context[key])
            else:
                output = step.call(owner, context)
            if type(output) is CoroutineType:
                if cancelling is None:
                    run.watch = run.watch or TaskWatch(run.observed)
                    cancelling, before = run.watch.cancelling, run.watch.before
                output = await output
                if cancelling() > before and run.watch is not None and run.watch.cancelled:
                    raise Cancelled
            if type(output) is not dict:
                output = await output_of(frame, step, output)
            for given in output:
                if type(given) is not str:
                    output = await output_of(frame, step, output)
                    break
        except Exception as error:
            frame.position = step.place
            raise await _failure(frame, step, error, None)  # noqa: B904 - it is the same error, or carries its traceback
        context.update(output)
        if written is not None:
            written.update(output)
        if notifies:
            frame.position = step.place + 1
            frame.done += step.mark
            frame.touch(step, output)
            pending = notify_completed(frame, frame.prefix + step.row.name, perf_counter() - started)
            if pending is not None:
                await pending
    if not notifies and frame.parent is not None:
        frame.catch_up(counted, len(steps))
    frame.position = len(steps)


async def _execute(frame: Frame, step: PlannedStep) -> str | None:
    """Run the step at the frame's position under its policies. Return the path of the step that ends the run early."""
    run, row, observer = frame.run, step.row, frame.run.observer
    path = frame.path_of(row)
    if run.watch is None:
        run.watch = TaskWatch(run.observed)
    frame.ensure_active()
    if run.cancel is not None and run.cancel.is_set():
        raise Aborted(RunCancelledError(run.flow, path))
    started = perf_counter()
    keys: list[str] | None
    try:
        # A container that was entered before, or a gate that was waited at, goes on without asking its condition again.
        entered = frame.child is not None or frame.entered == frame.position
        if row.when is not True and not entered and not await condition_holds(frame, step):
            _skip(frame, step, "when")
            return None
        if frame.child is None:
            frame.ensure_in_time(path)
        if observer is not None:
            observer.step_started(path, row.kind, row.log)
        if run.journal is not None:
            await journal_started(frame, path, row)
        if run.start_callbacks or frame.own_start:
            note_current(frame, step)
            await notify_started(frame, path)
        if row.at_most_once:
            await begin_once(frame, step)
        outcome = await (repeat(frame, step) if step.repeats else step.attempt(frame, 1, frame.fence))
        frame.ensure_active()
        if outcome.skipped is not None:
            _skip(frame, step, outcome.skipped)
            return None
        keys = step.apply(frame, outcome.outputs)
        mark, ended_by = step.done_mark(frame), outcome.ended_by
    except Exception as error:
        keys, ended_by = await _survive(frame, step, error, started)
        mark = step.mark + SURVIVED
    frame.child = None
    if ended_by is not None:
        return ended_by
    if keys is None:
        frame.done += mark
        frame.position += 1
        return None
    pending = _complete(frame, step, mark, keys, started)
    if pending is not None:
        await pending
    return None


def _complete(frame: Frame, step: PlannedStep, mark: str, keys: list[str], started: float) -> Awaitable[None] | None:
    """Go on behind the step at the frame's position, which has given its keys, and tell everybody.

    Returns what has to be awaited of that, if anything.
    """
    run, row, path = frame.run, step.row, frame.path_of(step.row)
    frame.done += mark
    frame.position += 1
    duration = perf_counter() - started
    if run.observer is not None:
        run.observer.step_completed(path, duration, keys, row.log)
    if run.journal is not None and not frame.in_group:
        return _record(frame, step, path, duration)
    return _notify(frame, step, path, duration)


async def _record(frame: Frame, step: PlannedStep, path: str, duration: float) -> None:
    """Let the journal record a completed step; then notify the callbacks."""
    await journal_completed(frame, path)
    pending = _notify(frame, step, path, duration)
    if pending is not None:
        await pending


def _notify(frame: Frame, step: PlannedStep, path: str, duration: float) -> Awaitable[None] | None:
    if frame.run.complete_callbacks or frame.own_complete:
        note_current(frame, step)
        return notify_completed(frame, path, duration)
    return None


def _skip(frame: Frame, step: PlannedStep, reason: SkipReason) -> None:
    if frame.run.observer is not None:
        frame.run.observer.step_skipped(frame.path_of(step.row), reason, step.row.log)
    frame.child = None
    frame.done += step.skipped_mark
    frame.position += 1


async def _survive(
    frame: Frame, step: PlannedStep, error: Exception, started: float
) -> tuple[list[str] | None, str | None]:
    """Do what ``on_error`` says of a step that has failed.

    Returns the keys that its fallback has given, if it has one, and its path if that ends the run early.
    """
    run, row, path = frame.run, step.row, frame.path_of(step.row)
    error = await _failure(frame, step, error, started)
    if isinstance(error, ApprovalRequired):
        raise Aborted(error)  # of a flow that the step has run: no policy may go on as if it had been decided
    if row.on_error == "raise":
        try:
            raise error
        finally:
            del error  # its traceback holds this call
    frame.ensure_in_time(path, failed=error, what=f'passed in step "{path}", which has failed')
    keys = None if row.fallback is None else await _fall_back(frame, step, row.fallback, error, started)
    if run.failure is not None and run.failure[0] is error:
        run.failure = None  # else it keeps what the step had in its variables
    return keys, path if row.on_error == "skip-remaining" else None


async def _fall_back(
    frame: Frame, step: PlannedStep, fallback: Fallback, error: Exception, started: float
) -> list[str]:
    """Give a step that has failed the keys of its fallback, and return them."""
    try:
        output = await output_of(frame, step, await call_fallback(frame, step, fallback, error))
        frame.ensure_active(error)
        keys = step.apply(frame, [output])
    except Exception as own:
        if own is error:
            raise
        if own.__cause__ is None and not own.__suppress_context__:  # "from None" is meant
            object.__setattr__(own, "__cause__", error)  # a frozen dataclass has a __setattr__ that refuses
        raise await _failure(frame, step, own, started, f"its fallback {fallback.name}, ")  # noqa: B904 - it has the step's error as its cause
    if frame.run.observer is not None:
        frame.run.observer.fell_back(frame.path_of(step.row), fallback.name, step.row.log)
    return keys


async def _failure(
    frame: Frame, step: PlannedStep, error: Exception, started: float | None, where: str = ""
) -> Exception:
    """Tell everybody of a step's failure; the error as its caller shall see it. ``where`` in the step it failed."""
    run, row = frame.run, step.row
    frame.ensure_active(error)
    path = frame.path_of(row)
    if isinstance(error, KeyError) and not isinstance(error, StepkitError):
        key = missing_key(row.parameters, frame.context)
        if key is not None:
            error = MissingKeyError(run.flow, path, key, frame.context).with_traceback(error.__traceback__)
    if isinstance(error, StopIteration):  # no coroutine can raise it; as it comes out of those of the other steps
        wrapped = RuntimeError("a step raised StopIteration")
        wrapped.__cause__ = error
        error = wrapped
    # The errors of stepkit name the step themselves.
    at = f"in {where}" if isinstance(error, StepkitError) and where else f'in flow {run.flow}, step "{path}", {where}'
    note(error, "" if isinstance(error, StepkitError) and not where else at, f"run {run.id}")
    if run.observer is not None and started is not None:
        run.observer.step_failed(path, perf_counter() - started, error, row.log)
    if run.failure is None or run.failure[0] is not error:
        run.failure = (error, path)  # the innermost step that failed with it
    note_current(frame, step)
    await notify_error(frame, path, error)
    return error
