"""Interprets a step table: one loop for sync and async, for the root and for every nested flow."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Awaitable, Callable, Mapping
from time import perf_counter
from types import CoroutineType
from typing import Any

from ..current import Attempt, running
from ..errors import ContextCollisionError, MissingKeyError, RunCancelledError, StepkitError, StepOutputError
from ..table import Fallback
from .attempts import CIRCUIT_OPEN, call, ensure_wanted, note_current, repeat
from .callbacks import is_told, note, tell_completed, tell_error, tell_started
from .cancellation import TaskWatch
from .concurrency import in_thread, together
from .containers import mark_of_inside, open_case, open_flow, open_group
from .deadline import end_if_late
from .fallbacks import fall_back
from .fingerprint import SKIPPED, SURVIVED
from .frame import Frame, Group
from .isolation import copy_context
from .mappings import output_problem
from .merge import accepted
from .plan import PlannedStep, missing_key
from .signals import Aborted, Cancelled, Fence, GivenUp, Stopped


async def run_frame(frame: Frame) -> bool:
    """Run what is left of a frame. False if it ended early, by ``skip-remaining``: then nothing after it runs."""
    run, steps, place = frame.run, frame.steps, frame.position
    if run.watched or frame.own_start or frame.copies or frame.fence is not None or frame.in_group:
        while frame.position < len(steps):
            if not await _execute(frame, steps[frame.position]):
                return False
        return True

    # Nothing here can be given up and nobody watches each move: the short way for steps without policies.
    owner, context, written, tells = frame.owner, frame.context, frame.written, is_told(frame)
    attempt = Attempt(frame, None, 1)
    running.set(attempt)
    cancelling: Callable[[], int] | None = None
    started, before = 0.0, 0
    for step in steps[place:] if place else steps:
        if not step.simple:
            frame.position = step.place
            if not await _execute(frame, step):
                return False
            running.set(attempt)
            context, written = frame.context, frame.written
            continue
        attempt.step = step
        if tells:
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
                output = await _settle(frame, step, output)
            for given in output:
                if type(given) is not str:
                    output = await _settle(frame, step, output)
                    break
        except Exception as error:
            frame.position = step.place
            raise await _failure(frame, step, error, None)  # noqa: B904 - it is the same error, or carries its traceback
        context.update(output)
        if written is not None:
            written.update(output)
        if tells:
            frame.position = step.place + 1
            frame.done += step.mark
            frame.touch(step, output)
            waiting = tell_completed(frame, frame.prefix + step.row.name, perf_counter() - started)
            if waiting is not None:
                await waiting
    frame.position = len(steps)
    return True


async def _settle(frame: Frame, step: PlannedStep, output: Any) -> Mapping[str, Any]:
    """What a step gave, if it is not simply a dict: an awaitable, None, another mapping, or a mistake."""
    if type(output) is not dict and output is not None and inspect.isawaitable(output):
        frame.run.watch = frame.run.watch or TaskWatch(frame.run.observed)
        output = await output
        ensure_wanted(frame)
    transform = step.row.kind == "transform"
    if output is None and not transform:
        return {}
    if problem := output_problem(output, transform):
        raise StepOutputError(frame.run.flow, frame.path_of(step.row), problem)
    return output  # type: ignore[no-any-return]


async def _execute(frame: Frame, step: PlannedStep) -> bool:
    """Run the step at the frame's position under all its policies. False if nothing after it shall run."""
    run, row, observer = frame.run, step.row, frame.run.observer
    path = frame.path_of(row)
    if run.watch is None:
        run.watch = TaskWatch(run.observed)
    ensure_wanted(frame)
    if run.cancel is not None and run.cancel.is_set():
        raise Aborted(RunCancelledError(run.flow, path))
    end_if_late(frame, path)
    started = perf_counter()
    try:
        # A container that was entered before goes on where it was; nobody is asked again whether it should.
        if row.when is not True and frame.child is None and not await _is_wanted(frame, step):
            return _skip(frame, step, "when")
        if observer is not None:
            observer.step_started(path, row.kind, row.log)
        if run.start_callbacks or frame.own_start:
            note_current(frame, step)
            await tell_started(frame, path)
        # A group gives an output for each member; every other step gives one.
        outputs: list[Mapping[str, Any]] | None
        if step.repeats:
            outputs, complete = await _repeat(frame, step)
        elif step.holds:
            outputs, complete = await _run_inside(frame, step, 1, frame.fence)
        else:
            outputs, complete = await _call(frame, step, 1, frame.fence)
        ensure_wanted(frame)
        if outputs is None:
            return _skip(frame, step, "circuit-open")
        keys = _apply(frame, step, outputs)
    except Exception as error:
        return await _survive(frame, step, error, started)
    mark = mark_of_inside(step, frame.child) if step.holds else step.mark
    frame.child = None
    if not complete:
        return False
    waiting = _complete(frame, step, mark, keys, started)
    if waiting is not None:
        await waiting
    return True


def _complete(frame: Frame, step: PlannedStep, mark: str, keys: list[str], started: float) -> Awaitable[None] | None:
    """Go on behind the step at the frame's position, which has given its keys, and tell everybody.

    Returns what has to be awaited of that, if anything.
    """
    row, observer, path = step.row, frame.run.observer, frame.path_of(step.row)
    frame.done += mark
    frame.position += 1
    duration = perf_counter() - started
    if observer is not None:
        observer.step_completed(path, duration, keys, row.log)
    if is_told(frame):
        note_current(frame, step)
        return tell_completed(frame, path, duration)
    return None


async def _is_wanted(frame: Frame, step: PlannedStep) -> bool:
    """What ``when`` says."""
    condition = step.row.when
    if isinstance(condition, bool):
        return condition
    assert step.call_condition is not None
    if (key := missing_key(condition.parameters, frame.context)) is not None:
        raise MissingKeyError(frame.run.flow, frame.path_of(step.row), key, frame.context)
    context = frame.context
    if frame.copies:
        parameters = condition.parameters
        context = copy_context(context, None if parameters.whole else parameters.required + parameters.optional)
    # As for a sync step, the loop must stay free.
    if frame.fence is not None and frame.fence.threads and not condition.is_async:
        ask = functools.partial(step.call_condition, frame.owner, context)
        wanted = await in_thread(ask, frame.fence)
    elif frame.run.blocking is None:
        wanted = step.call_condition(frame.owner, context)
    else:
        what = f'flow {frame.run.flow}, when= of step "{frame.path_of(step.row)}"'
        wanted = frame.run.blocking.call(what, step.call_condition, frame.owner, context)
    if inspect.isawaitable(wanted):
        wanted = await wanted
        ensure_wanted(frame)
    return bool(wanted)


async def _repeat(frame: Frame, step: PlannedStep) -> tuple[list[Mapping[str, Any]] | None, bool]:
    """What the step gave, and whether it is complete. None instead of outputs: its circuit is open, skip it."""
    result = await repeat(frame, step, _run_inside if step.holds else _call, tell_error)
    return (None, True) if result is CIRCUIT_OPEN else result


async def _call(
    frame: Frame, step: PlannedStep, number: int, fence: Fence | None
) -> tuple[list[Mapping[str, Any]], bool]:
    """One attempt of a step that is a function."""
    return [await _settle(frame, step, await call(frame, step, number, fence))], True


async def _run_inside(
    frame: Frame, step: PlannedStep, number: int, fence: Fence | None
) -> tuple[list[Mapping[str, Any]], bool]:
    """One attempt of a container. What an earlier attempt, or an earlier run, completed inside is not run again."""
    inside = frame.child
    if inside is not None and (isinstance(inside, Group) or number > inside.attempt) and number > 1:
        inside = inside.fork()
    elif inside is None:
        source = step.row.source
        if source is not None:
            inside = open_flow(frame, step, source, frame.path_of(step.row))
        else:
            inside = await _open(frame, step, number, fence)
        if fence is not None and fence.closed:
            raise GivenUp  # while the route chose, a later attempt took over
    frame.child = inside
    if inside is None:
        return [{}], True  # a branch that chose no case
    if isinstance(inside, Group):
        return await _run_group(step, inside, fence)
    inside.fence = fence
    inside.attempt = number
    complete = await run_frame(inside)
    return [inside.changes()], complete


async def _open(frame: Frame, step: PlannedStep, number: int, fence: Fence | None) -> Frame | Group | None:
    """What a group or a branch holds; None where the branch chose no case."""
    row = step.row
    if row.kind == "parallel":
        return open_group(frame, step)
    case = await call(frame, step, number, fence)
    frame.touch(step, ())  # what the route has read, for the checkpoints inside
    if frame.run.observer is not None:
        frame.run.observer.case_chosen(frame.path_of(row), case, row.log)
    return None if case is None else open_case(frame, step, case)


async def _run_group(step: PlannedStep, group: Group, fence: Fence | None) -> tuple[list[Mapping[str, Any]], bool]:
    settled = step.row.mode == "settled"
    for member in group.members:
        member.fence = Fence(fence)

    def ends_group(error: BaseException) -> bool:
        return not settled or not isinstance(error, Exception)

    def close() -> None:
        for member in group.members:
            assert member.fence is not None
            member.fence.close()

    results, first = await together([_run_member(member) for member in group.members], ends_group, close, fence)
    # Also a member that was cancelled may have been about to say that the run ends; a failed callback says it loudest.
    for ends_run in (Aborted, Stopped):
        for result in results:
            if isinstance(result, ends_run):
                raise result
    if first is not None:
        raise first
    failures = [result for result in results if isinstance(result, Exception)]
    if len(failures) == len(results):
        raise ExceptionGroup(f'all members of the parallel group "{step.row.name}" failed', failures)
    ended = [member for member, result in zip(group.members, results, strict=True) if isinstance(result, bool)]
    return [member.changes() for member in ended], False not in results


async def _run_member(member: Frame) -> bool:
    """Run what is left of a member. One that ended early in an earlier attempt of the group has nothing left."""
    if member.ended_early:
        return False
    complete = await run_frame(member)
    member.ended_early = not complete
    return complete


def _apply(frame: Frame, step: PlannedStep, outputs: list[Mapping[str, Any]]) -> list[str]:
    """Merge what the step gave into the context; the keys that it gave."""
    row = step.row
    if row.kind == "transform":
        frame.context = dict(outputs[0])
        frame.touch(step, frame.context)
        if frame.written is not None:
            frame.written = set(frame.context)
        return list(frame.context)
    keys: list[str] = []
    # The outputs of a group are merged all or none; a single one is, as it is judged before it is merged.
    context = frame.context if len(outputs) == 1 else dict(frame.context)
    changed: list[str] = []
    for output in outputs:
        merged, collisions = accepted(context, output, row.merge)
        if collisions and row.merge == "error":
            raise ContextCollisionError(frame.run.flow, frame.path_of(row), collisions[0])
        if collisions and row.merge == "warn":
            for key in collisions:
                frame.run.warn(frame.path_of(row), f"the key {key!r} was there before and is replaced")
        context.update(merged)
        changed += merged
        keys += output
    frame.context = context
    if frame.written is not None:
        frame.written.update(changed)
    frame.touch(step, keys)
    return keys


def _skip(frame: Frame, step: PlannedStep, reason: Any) -> bool:
    if frame.run.observer is not None:
        frame.run.observer.step_skipped(frame.path_of(step.row), reason, step.row.log)
    frame.child = None
    frame.done += step.mark + SKIPPED
    frame.position += 1
    return True


async def _survive(frame: Frame, step: PlannedStep, error: Exception, started: float) -> bool:
    """A step failed: do what ``on_error`` says. False ends the run early."""
    row = step.row
    error = await _failure(frame, step, error, started)
    if row.on_error == "raise":
        raise error
    if row.on_error == "skip-remaining":
        frame.child = None
        frame.run.ended_by = frame.path_of(row)
        return False
    if row.fallback is not None:
        await _fall_back(frame, step, row.fallback, error, started)
        return True
    frame.child = None
    frame.done += step.mark + SURVIVED
    frame.position += 1
    return True


async def _fall_back(frame: Frame, step: PlannedStep, fallback: Fallback, error: Exception, started: float) -> None:
    """Complete a step that has failed with what its fallback gives."""
    try:
        output = await _settle(frame, step, await fall_back(frame, step, fallback, error))
        ensure_wanted(frame, error)
        keys = _apply(frame, step, [output])
    except Exception as own:
        if own is error:
            raise
        if own.__cause__ is None:
            own.__cause__ = error
        raise await _failure(frame, step, own, started)  # noqa: B904 - it has the step's error as its cause
    frame.child = None
    if frame.run.observer is not None:
        frame.run.observer.fell_back(frame.path_of(step.row), fallback.name, step.row.log)
    waiting = _complete(frame, step, step.mark + SURVIVED, keys, started)
    if waiting is not None:
        await waiting


async def _failure(frame: Frame, step: PlannedStep, error: Exception, started: float | None) -> Exception:
    """Tell everybody of a step's failure; the error as its caller shall see it."""
    run, row = frame.run, step.row
    ensure_wanted(frame, error)
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
    note(error, "" if isinstance(error, StepkitError) else f'in flow {run.flow}, step "{path}", ', f"run {run.id}")
    if run.observer is not None and started is not None:
        run.observer.step_failed(path, perf_counter() - started, error, row.log)
    if run.failure is None or run.failure[0] is not error:
        run.failure = (error, path)  # the innermost step that failed with it
    note_current(frame, step)
    await tell_error(frame, path, error)
    return error
