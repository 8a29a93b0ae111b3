"""Attempts of a step: retries, delays, timeouts, the circuit breaker."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable
from typing import Any

from ..collection import is_duration
from ..current import Attempt, running
from ..errors import (
    CircuitOpenError,
    ContextCollisionError,
    EventLoopError,
    FlowDefinitionError,
    MissingKeyError,
    StepOutputError,
    StepTimeoutError,
    UnknownCaseError,
)
from . import waiting
from .control import Fence, GivenUp
from .frame import Frame
from .isolation import copy_context
from .plan import PlannedStep, missing_key

# Mistakes of the flow itself: another attempt makes the same one.
NEVER_RETRIED = (
    ContextCollisionError,
    EventLoopError,
    FlowDefinitionError,
    MissingKeyError,
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
    path = frame.path_of(row)
    attempts = row.retries + 1
    last: Exception | None = None
    for number in range(1, attempts + 1):
        permit = None
        if breaker is not None:
            permit, wait = breaker.enter()
            if permit is None:
                if last is not None:
                    raise last  # this step's own failures opened the breaker
                if breaker.spec.on_open == "skip":
                    return CIRCUIT_OPEN
                raise CircuitOpenError(run.flow, path, wait)
        try:
            output = await _once(frame, step, work, number)
        except Exception as error:
            if breaker is not None:
                breaker.failed(permit)
            if number == attempts or not _is_retried(row.should_retry, error):
                raise
            last = error
            delay = _delay(row.retry_delay, number, error)
            if run.observer is not None:
                run.observer.attempt_failed(path, number, attempts, error, delay, row.log)
            await tell_error(frame, path, error)
            if delay > 0:
                await waiting.sleep(delay)
        except BaseException:
            if breaker is not None:
                breaker.given_up(permit)
            raise
        else:
            if breaker is not None:
                breaker.succeeded(permit)
            return output
    raise AssertionError("unreachable")


async def _once(frame: Frame, step: PlannedStep, work: Work, number: int) -> Any:
    run, timeout = frame.run, step.row.timeout
    if timeout is None:
        return await work(frame, step, number, frame.fence)
    path = frame.path_of(step.row)
    fence = Fence(frame.fence)

    def ignored() -> None:
        message = f"the attempt was cancelled after {timeout:g} s and went on; whatever it does is dropped"
        run.warn(path, message)

    async def fenced() -> Any:
        output = await work(frame, step, number, fence)
        if fence.closed:
            raise GivenUp
        return output

    in_time, output = await waiting.within(timeout, fenced(), fence, ignored)
    if not in_time:
        raise StepTimeoutError(run.flow, path, timeout, number)
    return output


def _is_retried(rule: Any, error: Exception) -> bool:
    if isinstance(error, NEVER_RETRIED):
        return False
    if rule is None:
        return True
    return isinstance(error, rule) if isinstance(rule, tuple) else bool(rule(error))


def _delay(delay: Any, number: int, error: Exception) -> float:
    if not callable(delay):
        return float(delay)
    seconds = delay(number, error)
    if not is_duration(seconds):
        raise ValueError(f"retry_delay returned {seconds!r}; it returns a finite number of seconds from 0") from error
    return float(seconds)


async def call(frame: Frame, step: PlannedStep, number: int, fence: Fence | None) -> Any:
    """Call the step's function once and return what it returns."""
    row, owner = step.row, frame.owner
    context = frame.context
    if (key := missing_key(row.parameters, context)) is not None:
        raise MissingKeyError(frame.run.flow, frame.path_of(row), key, context)
    if step.guarded or frame.copies:
        context = copy_context(context, step.reads)
    running.set(Attempt(frame, step, number))
    if not row.is_async and (row.thread or row.timeout is not None or frame.in_group):
        output = await waiting.in_thread(lambda: step.call(owner, context), fence)
    else:
        output = step.call(owner, context)
    if type(output) is not dict and output is not None and inspect.isawaitable(output):
        output = await output
    return output
