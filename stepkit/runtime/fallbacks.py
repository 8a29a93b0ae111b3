"""Calls what stands in for a step that has failed."""

from __future__ import annotations

from functools import partial
from typing import Any

from ..errors import MissingKeyError
from ..table import Fallback
from . import concurrency
from .frame import Frame, PlannedStep
from .injection import bind, missing_key
from .isolation import copy_context


async def fall_back(frame: Frame, step: PlannedStep, fallback: Fallback, error: Exception) -> Any:
    """Call the fallback of a step once and return what it returns; it reads copies, as the step does."""
    row, parameters = step.row, fallback.parameters
    frame.ensure_active(error)
    if (key := missing_key(parameters, frame.context)) is not None:
        raise MissingKeyError(frame.run.flow, frame.path_of(row), key, frame.context)
    context = copy_context(frame.context, None if parameters.whole else parameters.required + parameters.optional)
    given = (frame.owner, error) if parameters.takes_self else (error,)
    call = partial(bind(partial(fallback.function, *given), parameters._replace(takes_self=False)), None, context)
    if not fallback.is_async and (row.thread or (frame.fence is not None and frame.fence.threads)):
        return await concurrency.in_thread(call, frame.fence)
    if frame.run.blocking is None:
        return call()
    return frame.run.blocking.call(f'flow {frame.run.flow}, fallback of step "{frame.path_of(row)}"', call)
