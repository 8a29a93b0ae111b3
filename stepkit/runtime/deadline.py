"""The deadline of a whole run: what is in progress when it passes is given up, and no policy survives it."""

from __future__ import annotations

import math
from collections.abc import Callable, Coroutine
from typing import Any

from ..errors import ResumeDeadlineError, RunDeadlineError
from . import concurrency
from .clock import Deadline
from .frame import Frame, Run
from .signals import Aborted, Fence


def limit(run: Run, at: float) -> None:
    """Give the run a deadline."""
    run.deadline = None if at == math.inf else Deadline(at)
    run.watched = True


def refuse_late_start(run: Run) -> None:
    """Raise ``RunDeadlineError`` if the run would begin after its deadline."""
    if run.deadline is not None and run.deadline.left <= 0:
        raise RunDeadlineError(run.flow, "", run.id, run.deadline.at, "has passed before the run began")


def refuse_late_resume(run: Run, path: str) -> None:
    """Raise ``ResumeDeadlineError`` if the run would go on after its deadline."""
    if run.deadline is not None and run.deadline.left <= 0:
        what = f'has passed, so it does not go on after step "{path}"' if path else "has passed before the run began"
        raise ResumeDeadlineError(run.flow, path, run.id, run.deadline.at, what)


def end_if_late(frame: Frame, path: str, delay: float = 0.0, failed: Exception | None = None) -> None:
    """End the run if ``path`` would begin, or after ``failed`` be tried again in ``delay`` seconds, too late."""
    run = frame.run
    if run.deadline is None or run.deadline.left > delay:
        return
    what = f'has passed before step "{path}"'
    if failed is not None:
        what = f'leaves no time for another attempt of step "{path}"'
    error = RunDeadlineError(run.flow, path, run.id, run.deadline.at, what)
    error.__cause__ = failed
    raise Aborted(error)


async def in_time(
    frame: Frame, deadline: Deadline, work: Callable[[Frame], Coroutine[Any, Any, dict[str, Any]]]
) -> dict[str, Any]:
    """Await ``work``, the whole run with the root ``frame``, as long as there is time."""
    run = frame.run
    fence = frame.fence = Fence(None, threads=False)
    ended, result = await concurrency.within(
        deadline.left, work(frame), fence, lambda: run.warn(_path_in_progress(frame), concurrency.WENT_ON)
    )
    if ended:
        return result  # type: ignore[no-any-return]
    path = _path_in_progress(frame)
    what = f'passed in step "{path}", which was given up'
    raise RunDeadlineError(run.flow, path, run.id, deadline.at, what) from result


def _path_in_progress(frame: Frame) -> str:
    while isinstance(frame.child, Frame):
        frame = frame.child
    # Behind the last step its callbacks are in progress.
    return frame.path_of(frame.steps[min(frame.position, len(frame.steps) - 1)].row)
