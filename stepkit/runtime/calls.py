"""Calls the functions of a step: its own, its condition and its fallback."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from functools import partial
from typing import Any

from ..current import Attempt, running
from ..errors import MissingKeyError, StepOutputError
from ..table import Fallback, Parameters
from .cancellation import TaskWatch
from .concurrency import InThread
from .fence import Fence
from .frame import Frame, PlannedStep
from .injection import Call, bind, missing_key
from .isolation import copy_context
from .mappings import output_problem
from .ports import Caller
from .signals import Abandoned


async def call_step(frame: Frame, step: PlannedStep, number: int, fence: Fence | None) -> Any:
    """Call the step's function for one attempt and return what it returns."""
    row, context = step.row, frame.context
    frame.ensure_active()  # a task of the attempt's own begins later than it was made
    _require(frame, step, row.parameters)
    if step.guarded or frame.copies:
        context = copy_context(context, step.reads)
    running.set(Attempt(frame, step, number, fence))
    output = _call(frame, step, "", step.call, context, row.is_async, row.thread, fence)
    if type(output) is not dict and output is not None and inspect.isawaitable(output):
        output = await output
    if fence is not None and fence.closed:
        raise Abandoned
    return output


async def condition_holds(frame: Frame, step: PlannedStep) -> bool:
    """Return what ``when`` says."""
    condition = step.row.when
    if isinstance(condition, bool):
        return condition
    assert step.call_condition is not None
    _require(frame, step, condition.parameters)
    context = _copies(frame, condition.parameters) if frame.copies else frame.context
    holds = _call(frame, step, "when= of ", step.call_condition, context, condition.is_async, False, frame.fence)
    if inspect.isawaitable(holds):
        holds = await holds
        frame.ensure_active()
    return bool(holds)


async def call_fallback(frame: Frame, step: PlannedStep, fallback: Fallback, error: Exception) -> Any:
    """Call the fallback of a step once and return what it returns; it reads copies, as the step does.

    A sync one runs in a thread where the step does: so that its timeout can be noticed, or as it is told to.
    """
    row, parameters = step.row, fallback.parameters
    frame.ensure_active(error)
    _require(frame, step, parameters)
    context = _copies(frame, parameters)
    given = (frame.owner, error) if parameters.takes_self else (error,)
    function = bind(partial(fallback.function, *given), parameters._replace(takes_self=False))
    if not fallback.is_async:
        function = partial(_while_handling, error, function)
    in_thread = row.thread or row.timeout is not None
    output = _call(frame, step, "fallback of ", function, context, fallback.is_async, in_thread, frame.fence)
    return await output if inspect.isawaitable(output) else output


async def output_of(frame: Frame, step: PlannedStep, output: Any) -> Mapping[str, Any]:
    """Return what a step gave: an awaitable is awaited, None is no keys. Raises ``StepOutputError``."""
    if type(output) is not dict and output is not None and inspect.isawaitable(output):
        frame.run.watch = frame.run.watch or TaskWatch(frame.run.observed)
        output = await output
        frame.ensure_active()
    if problem := output_problem(output, step.replaces):
        raise StepOutputError(frame.run.flow, frame.path_of(step.row), problem)
    return {} if output is None else output


def _call(
    frame: Frame,
    step: PlannedStep,
    role: str,
    function: Call,
    context: Mapping[str, Any],
    is_async: bool,
    thread: bool,
    fence: Fence | None,
) -> Any:
    """Call a function of a step; return what it returns, or an awaitable of it.

    A sync one must leave the loop free for a timeout around it to be noticed, and for its siblings to run.
    """
    run = frame.run
    caller: Caller | None = run.caller
    if not is_async and (thread or (fence is not None and fence.threads)):
        caller = InThread(fence)
    if caller is None:
        return function(frame.owner, context)
    what = f'flow {run.flow}, {role}step "{frame.path_of(step.row)}"'
    return caller.call(what, function, frame.owner, context)


def _while_handling(error: Exception, function: Call, owner: Any, context: Mapping[str, Any]) -> Any:
    """Call a function as if in ``except``, also in another thread: so that ``raise`` raises the error again."""
    traceback = error.__traceback__
    try:
        raise error
    except Exception:
        error.with_traceback(traceback)
        return function(owner, context)


def _require(frame: Frame, step: PlannedStep, parameters: Parameters) -> None:
    """Raise ``MissingKeyError`` if the context does not have what a function requires."""
    if (key := missing_key(parameters, frame.context)) is not None:
        raise MissingKeyError(frame.run.flow, frame.path_of(step.row), key, frame.context)


def _copies(frame: Frame, parameters: Parameters) -> dict[str, Any]:
    """Return copies of what a function reads."""
    return copy_context(frame.context, None if parameters.whole else parameters.required + parameters.optional)
