"""Starts and resumes runs: the entries that ``Flow`` calls."""

from __future__ import annotations

from collections.abc import Coroutine, Mapping
from sys import get_coroutine_origin_tracking_depth
from time import perf_counter
from typing import TYPE_CHECKING, Any

from ..current import running
from ..errors import EventLoopError, ResumeRefusedError, RunDeadlineError
from ..errors.wording import quoted
from ..signature import is_async
from ..table import CompleteCallback, ErrorCallback, ProgressCallback, StartCallback, StepTable
from .blocking import blocking
from .breaker import Breaker
from .cancellation import Observed, cancellation
from .concurrency import WENT_ON, loop_is_running, run_in_loop, within
from .deadline import Deadline
from .ending import Ending, RunStatus, ended_with
from .fence import Fence
from .frame import Frame
from .gates import NOTHING_SAID, Recorded, Said
from .interpreter import run_frame
from .mappings import checked_mapping
from .observer import Observer
from .plan import CALLBACKS, Plan, plan_of
from .ports import Caller, Journal
from .run import Run
from .signals import Aborted, Cancelled, Stopped, Waiting

if TYPE_CHECKING:
    from ..checkpoint import Checkpoint


Callbacks = tuple[StartCallback | None, CompleteCallback | None, ErrorCallback | None, ProgressCallback | None]
"""``on_step_start``, ``on_step_complete``, ``on_step_error`` and ``on_progress`` as a caller gave them."""


SHAPES = {
    "on_step_start": "on_step_start(event) is a function, sync or async",
    "on_step_complete": "on_step_complete(event) is a function, sync or async",
    "on_step_error": "on_step_error(step_name, error) is a function, sync or async",
    "on_progress": "on_progress(progress) is a plain function",
}


def new_run(
    owner: Any, callbacks: Callbacks = (None, None, None, None), cancel: Any = None, run_id: str | None = None
) -> Run:
    """Make a run of the flow ``owner`` and note whom to notify; the class's own callbacks come first."""
    plan = owner.__stepkit_plan__ or plan_of(type(owner))
    run = Run(owner, plan.table.options, _take)
    for name in plan.callbacks:
        setattr(run, f"{CALLBACKS[name]}_callbacks", (getattr(owner, name),))
    if callbacks != (None, None, None, None):
        for name, callback in zip(CALLBACKS, callbacks, strict=True):
            if callback is not None:
                if not callable(callback):
                    raise TypeError(f"{SHAPES[name]}, not {type(callback).__qualname__}")
                kept = f"{CALLBACKS[name]}_callbacks"
                setattr(run, kept, (*getattr(run, kept), callback))
    if run.progress_callbacks and any(map(is_async, run.progress_callbacks)):
        raise TypeError("on_progress is a plain function: it is called inside of steps, which cannot wait for it")
    if run.start_callbacks:
        run.watched = True
    if cancel is not None:
        if not callable(getattr(cancel, "is_set", None)):
            raise TypeError(f"cancel has a method is_set(), as a threading.Event, unlike {type(cancel).__qualname__}")
        run.cancel = cancel
        run.watched = True
    if run_id is not None:
        from ..ids import checked_id

        run.id = checked_id(run_id, f"flow {run.flow}: run_id")
    return run


def _take(frame: Frame, *at: Any) -> str:
    """Take a checkpoint; what that needs is imported when the first one is taken."""
    from .snapshot import take

    frame.run.take = take  # an import costs as much as an event, also where there is nothing to load
    return take(frame, *at)


def observe(run: Run, observer: Observer) -> None:
    """Let ``observer`` watch the run."""
    run.observer = observer
    run.watched = True


def record(run: Run, journal: Journal) -> None:
    """Let ``journal`` record the run."""
    run.journal = journal
    run.watched = True


def call_by(run: Run, caller: Caller) -> None:
    """Let ``caller`` call the functions of the run's steps."""
    run.caller = caller
    run.watched = True


def start(run: Run, input: Any, deadline: float | None = None) -> Coroutine[Any, Any, Ending]:
    """Run the flow on ``input``; the deadline is in seconds since 1970."""
    return _run_root(_started(run, input, deadline), None)


def start_sync(run: Run, input: Any, deadline: float | None = None) -> Ending:
    """Run the flow on ``input`` without an event loop of the caller's."""
    return _without_loop(_started(run, input, deadline), None)


def resume(
    run: Run,
    checkpoint: str | bytes | Checkpoint[Any],
    override_data: Mapping[str, Any] | None,
    deadline: float | None = None,
    said: Said = NOTHING_SAID,
) -> Coroutine[Any, Any, Ending]:
    """Go on after the step of ``checkpoint``."""
    from .snapshot import restore

    return _run_root(*restore(run, checkpoint, override_data, deadline, said))


def resume_sync(
    run: Run,
    checkpoint: str | bytes | Checkpoint[Any],
    override_data: Mapping[str, Any] | None,
    deadline: float | None = None,
    said: Said = NOTHING_SAID,
) -> Ending:
    """Go on after the step of ``checkpoint`` without an event loop of the caller's."""
    from .snapshot import restore

    return _without_loop(*restore(run, checkpoint, override_data, deadline, said))


def check(
    run: Run,
    checkpoint: str | bytes | Checkpoint[Any],
    override_data: Mapping[str, Any] | None,
    deadline: float | None = None,
    said: Said = NOTHING_SAID,
) -> ResumeRefusedError | None:
    """Return the error by which ``resume`` would refuse the checkpoint, or None."""
    from .snapshot import restore

    try:
        restore(run, checkpoint, override_data, deadline, said)
    except ResumeRefusedError as error:
        return error
    return None


def record_decision(
    run: Run, checkpoint: str | bytes | Checkpoint[Any], decision: Any, in_time: bool = False
) -> Recorded:
    """Return a decision for the gate that a checkpoint waits at, checked, for a resume to go on with later."""
    from .snapshot import record_decision

    return record_decision(run, checkpoint, decision, in_time)


def load(run: Run, checkpoint: str | bytes | Checkpoint[Any]) -> dict[str, Any]:
    """Return the context that a checkpoint holds, restored."""
    from .snapshot import load

    return load(run, checkpoint)


def start_checkpoint(run: Run, input: Any, deadline: float | None = None) -> str:
    """Return the checkpoint from before the first step."""
    from .precheck import check_input

    frame = _root(run, input)
    if deadline is not None:
        run.set_deadline(deadline)
    check_input(frame, complete=False)
    return frame.checkpoint()


def _started(run: Run, input: Any, deadline: float | None) -> Frame:
    """Return the root frame of a run that may begin."""
    frame = _root(run, input)
    if deadline is not None:
        run.set_deadline(deadline)
        if run.deadline is not None and run.deadline.left <= 0:
            raise RunDeadlineError(run.flow, "", run.id, run.deadline.at, "has passed before the run began")
    if run.options.validate_input:
        from .precheck import check_input

        check_input(frame)
    return frame


def _root(run: Run, input: Any) -> Frame:
    context = {} if input is None else checked_mapping(input, run, "the input")
    return Frame(run, run.owner, run.owner.__stepkit_plan__.steps, context)  # the plan was made with the run


def _run_root(frame: Frame, resumed_from: str | None) -> Coroutine[Any, Any, Ending]:
    run = frame.run
    if run.observer is not None:
        return _run_observed(frame, resumed_from, run.observer)
    for message in run.notices:
        run.warn("", message)
    return _run_to_end(frame) if run.deadline is None else _limited(frame)


def _limited(frame: Frame) -> Coroutine[Any, Any, Ending]:
    deadline = frame.run.deadline
    # Without an event loop nothing can interrupt a step: steps look at it.
    if deadline is None or frame.run.by_hand or (deadline.left <= 0 and frame.is_over):
        return _run_to_end(frame)
    return _run_in_time(frame, deadline)


async def _run_to_end(frame: Frame) -> Ending:
    """Run what is left. A cancellation is raised, not returned: the event loop has to see it."""
    before, run = running.get(), frame.run
    try:
        if run.by_hand:
            await run_frame(frame)
        else:
            if get_coroutine_origin_tracking_depth() and (timing := blocking()) is not None:
                run.caller = run.caller or timing
                run.watched = True
            turns = run_frame(frame).__await__()
            run.observed = Observed(turns)
            run.observed.work = turns
            await run.observed
        status: RunStatus = "completed" if frame.ended_by is None else "skipped-remaining"
        ending = Ending(status, frame.context, frame.ended_by)
    except Waiting as waiting:
        ending = Ending("waiting", step=waiting.error.gate, error=waiting.error)
    except Stopped as stopped:
        ending = Ending("stopped", stopped.context, stopped.path)
    except Aborted as aborted:
        ending = ended_with(aborted.error, run.failure)
    except Cancelled as hidden:
        ending = Ending("cancelled", error=hidden.__cause__)
    except Exception as error:
        ending = ended_with(error, run.failure)
    finally:
        run.is_over = True
        if before is not None:  # a step that runs a flow is the current one again
            running.set(before)
        elif (last := running.get()) is not None:
            last.end()  # cheaper than setting the variable, and as good
    try:
        if run.watch is not None and run.watch.cancelled:
            raise await cancellation(run.observed) from ending.error  # whatever a step or a callback has made of it
        return ending
    finally:
        del ending  # its error's traceback holds this call


async def _run_in_time(frame: Frame, deadline: Deadline) -> Ending:
    """Run to the end, as long as there is time; then abandon what is in progress."""
    run = frame.run
    fence = frame.fence = Fence(None, threads=False)
    ended, result = await within(
        deadline.left, _run_to_end(frame), fence, lambda: run.warn(frame.path_in_progress, WENT_ON)
    )
    if ended:
        return result  # type: ignore[no-any-return]
    path, what = frame.path_in_progress, "which"
    if (notified := frame.path_notified) is not None:
        path, what = notified, "whose on_step_complete"
    error = RunDeadlineError(run.flow, path, run.id, deadline.at, f'passed in step "{path}", {what} was given up')
    error.__cause__ = result.error if isinstance(result, Ending) else result
    return Ending("deadline", step=path, error=error)


async def _run_observed(frame: Frame, resumed_from: str | None, observer: Observer) -> Ending:
    """Run to the end, and tell the observer how it began and ended."""
    run = frame.run
    observer.run_started(run.flow, run.id, list(_innermost(frame).context), resumed_from)
    for message in run.notices:
        run.warn("", message)
    _notify_of_skipped(frame, observer)
    started = perf_counter()
    ending = Ending("cancelled")
    try:
        ending = await _limited(frame)
        return ending
    finally:
        observer.run_finished(ending, perf_counter() - started)
        del ending


def _innermost(frame: Frame) -> Frame:
    while isinstance(frame.child, Frame):
        frame = frame.child
    return frame


def _notify_of_skipped(frame: Frame, observer: Observer) -> None:
    """Tell the observer of the steps that a resume does not run again, in order, outside in."""
    for step in frame.steps[: frame.position]:
        observer.step_skipped(frame.path_of(step.row), "resume", step.row.log)
    if isinstance(frame.child, Frame):
        _notify_of_skipped(frame.child, observer)


def _without_loop(frame: Frame, resumed_from: str | None) -> Ending:
    """Run to the end in this call: by hand where nothing has to be awaited, else in a loop of the run's own."""
    run = frame.run
    plan: Plan = run.owner.__stepkit_plan__
    awaits = plan.awaits or plan.has_async_callback
    if run.complete_callbacks or run.error_callbacks or run.start_callbacks:
        callbacks = run.complete_callbacks + run.error_callbacks + run.start_callbacks
        awaits = awaits or any(map(is_async, callbacks))
    if run.caller is not None:
        awaits = awaits or is_async(run.caller.call)
    if run.journal is not None:
        journal = run.journal
        records: tuple[Any, ...] = (
            journal.step_starting,
            journal.step_starting_once,
            journal.gate_reached,
            journal.step_completed,
        )
        awaits = awaits or any(map(is_async, records))
    if plan.drives and not awaits:
        run.by_hand = True
        return _drive(_run_root(frame, resumed_from), plan)
    if awaits and loop_is_running():
        what = f"its async steps are {quoted(plan.async_paths())}" if plan.awaits else "it has an async callback"
        raise EventLoopError(
            f"flow {plan.table.flow}: run_sync cannot be used in a thread whose event loop is running, because {what}; "
            "write `await flow.run(...)` instead"
        )
    ending: Ending = run_in_loop(lambda: _run_root(frame, resumed_from))
    return ending


def _drive(work: Coroutine[Any, Any, Ending], plan: Plan) -> Ending:
    """Run a coroutine that never waits."""
    try:
        work.send(None)
    except StopIteration as end:
        ending: Ending = end.value
        return ending
    work.close()
    raise EventLoopError(
        f"flow {plan.table.flow}: a sync step, condition or callback returned an awaitable that has to wait; "
        "declare it with `async def`, so that run_sync gives it an event loop, or write `await flow.run(...)`"
    )


def breaker_of(flow_class: type, name: str) -> Breaker:
    """Return the circuit breaker of a step of the flow itself. Raises ``LookupError``."""
    for step in plan_of(flow_class).steps:
        for each in (step, *step.members):
            if each.breaker is not None and name in (each.row.name, f"{step.row.name}/{each.row.name}"):
                return each.breaker
    table: StepTable = flow_class.__stepkit_table__  # type: ignore[attr-defined]
    raise LookupError(
        f'flow {table.flow}: no step "{name}" with a circuit breaker; the steps are '
        f"{quoted(row.name for row in table.steps)}"
    )
