"""Attempts of a step: retries, delays, timeouts, the circuit breaker."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable
from typing import Any

from ..backoff import seconds_of
from ..current import Attempt, running
from ..errors import (
    CircuitOpenError,
    ContextCollisionError,
    EventLoopError,
    FlowDefinitionError,
    FlowInputError,
    MissingKeyError,
    NoCurrentStepError,
    RunCancelledError,
    StepOutputError,
    StepTimeoutError,
    UnknownCaseError,
)
from . import concurrency
from .deadline import end_if_late
from .frame import Frame
from .isolation import copy_context
from .plan import PlannedStep, missing_key
from .signals import Aborted, Cancelled, Fence, GivenUp

# Mistakes of the flow itself: another attempt makes the same one, and a circuit breaker learns nothing of it.
MISTAKES = (
    ContextCollisionError,
    EventLoopError,
    FlowDefinitionError,
    FlowInputError,
    MissingKeyError,
    NoCurrentStepError,
    StepOutputError,
    UnknownCaseError,
)

Work = Callable[[Frame, PlannedStep, int, Fence | None], Awaitable[Any]]
"""One attempt: the number counts from 1; the fence stands around it."""

CIRCUIT_OPEN = object()
"""Instead of an output: the breaker is open and says to skip."""


async def repeat(
    frame: Frame, step: PlannedStep, work: Work, tell_error: Callable[[Frame, str, Exception], Awaitable[None]]
) -> Any:
    """The output of the first attempt that succeeds; raises the error of the last one that fails.

    ``tell_error`` is called for each failed attempt that another follows.
    """
    run, row, breaker = frame.run, step.row, step.breaker
    attempts = row.retries + 1
    last: Exception | None = None
    first = frame.child.attempt if isinstance(frame.child, Frame) else 1  # more where an entered container is resumed
    for number in range(first, attempts + 1):
        permit = None
        if breaker is not None and (permit := breaker.enter()) is None:
            if breaker.spec.on_open == "skip":
                return CIRCUIT_OPEN
            raise CircuitOpenError(run.flow, frame.path_of(row), breaker.retry_after) from last
        try:
            if row.timeout is None:
                output = await work(frame, step, number, frame.fence)
            else:
                output = await _timed(frame, step, work, number, row.timeout)
        except Exception as error:
            mistake = _is_mistake(error)
            if breaker is not None:
                if mistake or not is_wanted(frame):
                    breaker.dropped(permit)
                else:
                    breaker.failed(permit)
            ensure_wanted(frame, error)
            note_current(frame, step, number)
            if number == attempts or mistake or not _is_retried(row.should_retry, error):
                raise
            delay = _delay(row.retry_delay, number, error)
            if breaker is not None and breaker.retry_after > delay:
                raise  # the step's own failures have opened it
            last = error
        except BaseException:
            if breaker is not None:
                breaker.dropped(permit)
            raise
        else:
            if breaker is not None:
                breaker.succeeded(permit)
            note_current(frame, step, number)
            return output
        path = frame.path_of(row)
        if run.observer is not None:
            run.observer.attempt_failed(path, number, attempts, last, delay, row.log)
        await tell_error(frame, path, last)
        end_if_late(frame, path, delay, last)
        if delay > 0:
            await concurrency.sleep(delay)
        if run.cancel is not None and run.cancel.is_set():
            raise Aborted(RunCancelledError(run.flow, path))
    raise AssertionError("unreachable")


def is_wanted(frame: Frame) -> bool:
    """False if nothing more may happen in this frame: the attempt around it was given up, or the run's task was
    cancelled, which a step or a callback may have hidden.
    """
    if frame.fence is not None and frame.fence.closed:
        return False
    return frame.run.watch is None or not frame.run.watch.cancelled


def ensure_wanted(frame: Frame, error: Exception | None = None) -> None:
    """Raise if nothing more may happen in this frame; ``error`` is what came instead, if anything did."""
    if frame.fence is not None and frame.fence.closed:
        raise GivenUp from error
    if frame.run.watch is not None and frame.run.watch.cancelled:
        raise Cancelled from error


def note_current(frame: Frame, step: PlannedStep, number: int = 1) -> None:
    """Let ``flow.current()`` say in callbacks of which step they are: it ran in another task, or holds others."""
    at = running.get()
    if at is None or at.step is not step or at.frame is not frame:
        running.set(Attempt(frame, step, number))


async def _timed(frame: Frame, step: PlannedStep, work: Work, number: int, timeout: float) -> Any:
    run, path = frame.run, frame.path_of(step.row)
    fence = Fence(frame.fence)

    def ignored() -> None:
        if frame.fence is None or not frame.fence.closed:
            run.warn(path, concurrency.WENT_ON)

    in_time, output = await concurrency.within(timeout, work(frame, step, number, fence), fence, ignored)  # type: ignore[arg-type]
    if not in_time:
        raise StepTimeoutError(run.flow, path, timeout, number) from output
    return output


def _is_mistake(error: BaseException) -> bool:
    if isinstance(error, BaseExceptionGroup):  # of a settled group whose members all failed
        return all(map(_is_mistake, error.exceptions))
    return isinstance(error, MISTAKES)


def _is_retried(rule: Any, error: Exception) -> bool:
    if rule is None:
        return True
    if isinstance(rule, tuple):
        return isinstance(error, rule)
    answer = rule(error)
    _refuse_awaitable(answer, "should_retry", error)
    return bool(answer)


def _delay(delay: Any, number: int, error: Exception) -> float:
    if not callable(delay):
        return float(delay)
    given: Any = delay(number, error)
    _refuse_awaitable(given, "retry_delay", error)
    seconds = seconds_of(given)
    if seconds is None:
        raise ValueError(
            f"retry_delay returned a bad {type(given).__qualname__}; it returns a finite number of seconds "
            "from 0, or a timedelta"
        ) from error
    return seconds


def _refuse_awaitable(value: object, option: str, error: Exception) -> None:
    if inspect.isawaitable(value):
        if inspect.iscoroutine(value):
            value.close()
        raise TypeError(f"{option} returned an awaitable; it is an ordinary function, not an async one") from error


async def call(frame: Frame, step: PlannedStep, number: int, fence: Fence | None) -> Any:
    """Call the step's function once and return what it returns."""
    row, owner = step.row, frame.owner
    context = frame.context
    ensure_wanted(frame)  # a task of the attempt's own begins later than it was made
    if (key := missing_key(row.parameters, context)) is not None:
        raise MissingKeyError(frame.run.flow, frame.path_of(row), key, context)
    if step.guarded or frame.copies:
        context = copy_context(context, step.reads)
    running.set(Attempt(frame, step, number, fence))
    # A sync call must leave the loop free for a timeout around it to be noticed, and for its siblings to run.
    if not row.is_async and (row.thread or (fence is not None and fence.threads)):
        output = await concurrency.in_thread(lambda: step.call(owner, context), fence)
    elif frame.run.blocking is None:
        output = step.call(owner, context)
    else:
        what = f'flow {frame.run.flow}, step "{frame.path_of(row)}"'
        output = frame.run.blocking.call(what, step.call, owner, context)
    if type(output) is not dict and output is not None and inspect.isawaitable(output):
        output = await output
    if fence is not None and fence.closed:
        raise GivenUp
    return output
