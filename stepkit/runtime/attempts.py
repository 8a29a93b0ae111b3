"""Attempts of a step: retries, delays, timeouts, the circuit breaker."""

from __future__ import annotations

import inspect
from time import perf_counter
from typing import Any

from ..backoff import seconds_of
from ..current import Attempt, running
from ..errors import (
    ApprovalRequired,
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
from .callbacks import notify_error
from .fence import Fence
from .frame import Frame, Outcome, PlannedStep
from .signals import Aborted

# Mistakes of the flow itself: another attempt makes the same one, and a circuit breaker learns nothing of it.
MISTAKES = (
    ApprovalRequired,  # of a flow that a step has run: it would wait again
    ContextCollisionError,
    EventLoopError,
    FlowDefinitionError,
    FlowInputError,
    MissingKeyError,
    NoCurrentStepError,
    StepOutputError,
    UnknownCaseError,
)


async def repeat(frame: Frame, step: PlannedStep) -> Outcome:
    """Return what the first attempt that succeeds came to; raise the error of the last one that fails."""
    run, row, breaker = frame.run, step.row, step.breaker
    attempts = row.retries + 1
    last: Exception | None = None
    started = perf_counter()
    first = frame.child.attempt if isinstance(frame.child, Frame) else 1  # more where an entered container is resumed
    for number in range(first, attempts + 1):
        permit = None
        if breaker is not None and (permit := breaker.enter()) is None:
            if breaker.spec.on_open == "skip":
                return Outcome(skipped="circuit-open")
            raise CircuitOpenError(run.flow, frame.path_of(row), breaker.retry_after) from last
        try:
            if row.timeout is None:
                outcome = await step.attempt(frame, number, frame.fence)
            else:
                outcome = await _timed(frame, step, number, row.timeout)
        except Exception as error:
            mistake = _is_mistake(error)
            if breaker is not None:
                if mistake or not frame.is_active:
                    breaker.dropped(permit)
                else:
                    breaker.failed(permit)
            frame.ensure_active(error)
            note_current(frame, step, number)
            if number == attempts or mistake or not _is_retried(row.should_retry, error):
                last = None  # its traceback holds this call, as the one's that is raised
                raise
            if isinstance(frame.child, Frame) and frame.child.begun_once():
                raise  # another attempt would begin the step in there a second time
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
            return outcome
        path = frame.path_of(row)
        if run.observer is not None:
            if run.deadline is None or run.deadline.left > delay:
                run.observer.attempt_failed(path, number, attempts, last, delay, row.log)
            else:  # there is no other one
                run.observer.step_failed(path, perf_counter() - started, last, row.log)
        await notify_error(frame, path, last)
        frame.ensure_in_time(path, delay, last)
        if delay > 0:
            await concurrency.sleep(delay)
        if run.cancel is not None and run.cancel.is_set():
            raise Aborted(RunCancelledError(run.flow, path))
    raise AssertionError("unreachable")


def note_current(frame: Frame, step: PlannedStep, number: int = 1) -> None:
    """Let ``flow.current()`` say in callbacks of which step they are: it ran in another task, or holds others."""
    at = running.get()
    if at is None or at.step is not step or at.frame is not frame:
        running.set(Attempt(frame, step, number))


async def _timed(frame: Frame, step: PlannedStep, number: int, timeout: float) -> Outcome:
    run, path = frame.run, frame.path_of(step.row)
    fence = Fence(frame.fence)

    def ignored() -> None:
        if frame.fence is None or not frame.fence.closed:
            run.warn(path, concurrency.WENT_ON)

    in_time, output = await concurrency.within(timeout, step.attempt(frame, number, fence), fence, ignored)
    if not in_time:
        raise StepTimeoutError(run.flow, path, timeout, number) from output
    return output  # type: ignore[no-any-return]


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
