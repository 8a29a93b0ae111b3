"""Takes a checkpoint of a run's frames, and restores the frames from one.

What one half writes the other reads: a change of one is a change of both. Everything that a resume refuses is refused
here, before any step runs.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..checkpoint import AtState, Checkpoint, FlowState, OuterFrame, compose, parse, serialize_checkpoint
from ..codec import Tag
from ..codec.loading import Loader
from ..errors import (
    CheckpointFlowError,
    CheckpointFormatError,
    CheckpointStepError,
    CheckpointValueError,
    InvalidIdError,
    ResumeDeadlineError,
    ResumeRefusedError,
    UnsavableSizeError,
    UnsavableValueError,
)
from ..errors.wording import nearest, quoted
from ..ids import checked_id
from .fingerprint import WIDTH, verify
from .frame import Frame
from .gates import Recorded, Said, ensure_no_gate_behind, go_on_at, packed
from .mappings import checked_mapping
from .overrides import override, unknown_keys
from .plan import plan_of
from .precheck import check_remaining, convert_remaining
from .run import Run


def take(frame: Frame, state: AtState = "", expires: float | None = None) -> str:
    """Return the checkpoint after the last step that is done, as seen from ``frame``.

    Inside a parallel group, which is one step, that is the last step before the group. With a ``state`` it is the
    checkpoint at the step at the frame's position: its ``stepName`` is that of the last step before, for readers that
    know no more, but a resume goes by the path of the step, so no route and no condition around it is asked again.
    Raises ``UnsavableValueError`` and ``UnsavableSizeError``.
    """
    before = frame
    while before.parent is not None and (before.in_group or before.position == 0):
        before = before.parent
    step = before.path if before.position else ""
    if state:
        return _taken(frame, step, frame.path_of(frame.steps[frame.position].row), state, expires)
    return _taken(before, step)


def _taken(frame: Frame, step: str, at: str = "", state: AtState = "", expires: float | None = None) -> str:
    run = frame.run
    done: tuple[str, ...] = (frame.done,)
    outer: tuple[OuterFrame, ...] = ()
    try:
        encoder = frame.encoder
        output, tags = encoder.encode(frame.context, frame.touched)
        if frame.parent is not None:
            around = _around(frame)
            done = (*(outside.done for outside, _ in reversed(around)), frame.done)
            contexts = [(outside.registry, _unshared(outside, inside)) for outside, inside in around]
            tags, dumped = encoder.encode_around(tags, contexts)
            outer = tuple(
                _outer_frame(outside, inside, was, types)
                for (outside, inside), (was, types) in reversed(list(zip(around, dumped, strict=True)))
            )
    except UnsavableValueError as error:
        frame.touched = None
        raise UnsavableValueError(error.path, error.type, error.reason, flow=run.flow, step=step) from None
    if frame.touched is None:
        frame.touched = set()
    else:
        frame.touched.clear()
    deadline = None if run.deadline is None else run.deadline.at
    text = compose(
        step, output, FlowState(run.flow, run.id, done, tags, outer, deadline, at, state, expires), encoder.buffer
    )
    # Only a text near the limit has to be measured in bytes.
    if len(text) * 4 > run.limit and (size := len(text.encode())) > run.limit:
        raise UnsavableSizeError(run.flow, size, run.limit)
    return text


def _around(frame: Frame) -> list[tuple[Frame, Frame]]:
    """Return the frames around one, each with the one inside it, innermost first."""
    around: list[tuple[Frame, Frame]] = []
    while frame.parent is not None:
        around.append((frame.parent, frame))
        frame = frame.parent
    return around


def _unshared(outer: Frame, inner: Frame) -> dict[str, Any]:
    """Return what of the context around a container its inside does not share."""
    missing = object()
    return {key: value for key, value in outer.context.items() if inner.context.get(key, missing) is not value}


def _outer_frame(outer: Frame, inner: Frame, was: dict[str, Any], types: dict[str, Tag]) -> OuterFrame:
    """Return what restores the context around a container from the one inside it."""
    assert inner.written is not None
    return OuterFrame(
        keys=tuple(outer.context), was=was, types=types, written=tuple(sorted(inner.written)), attempt=inner.attempt
    )


def restore(
    run: Run,
    checkpoint: str | bytes | Checkpoint[Any],
    override_data: Mapping[str, Any] | None,
    deadline: float | None,
    said: Said,
) -> tuple[Frame, str]:
    """Return the root frame of a run that goes on after the checkpoint, and the path of the checkpoint's step.

    ``deadline`` takes the place of the checkpoint's; ``said`` is what a person has said.
    Raises a ``ResumeRefusedError`` that says what is wrong.
    """
    data = {} if override_data is None else checked_mapping(override_data, run, "override_data")
    levels, path, state = _read(run, checkpoint)
    go_on_at(levels[-1], path, state, said)
    if data:
        for key, hint in unknown_keys(levels[0], levels, data).items():
            message = f'override_data has the key "{key}", which no step reads or gives and no input names'
            run.notices += (message + (hint or "; it is merged all the same"),)
        override(levels, data)
    if state is None:
        convert_remaining(levels, data)
    else:
        check_remaining(levels, data)
    if deadline is None and state is not None:
        deadline = state.deadline
    if deadline is not None:
        run.set_deadline(deadline)
    if run.deadline is not None and run.deadline.left <= 0 and not levels[0].is_over:
        what = f'has passed, so it does not go on after step "{path}"' if path else "has passed before the run began"
        raise ResumeDeadlineError(run.flow, path, run.id, run.deadline.at, what)
    return levels[0], path


def record_decision(run: Run, checkpoint: str | bytes | Checkpoint[Any], decision: Any, in_time: bool) -> Recorded:
    """Return a decision for the gate that a checkpoint waits at, checked, for a resume to go on with later.

    Raises a ``ResumeRefusedError``, and ``RunExpiredError`` unless a store's clock has said that it is ``in_time``.
    """
    levels, path, state = _read(run, checkpoint)
    go_on_at(levels[-1], path, state, Said(decision, in_time=in_time))
    return packed(levels[-1])


def load(run: Run, checkpoint: str | bytes | Checkpoint[Any]) -> dict[str, Any]:
    """Return the context of a checkpoint. Raises as ``restore`` does, but not for what override data could mend."""
    levels, _, state = _read(run, checkpoint)
    if state is None:
        try:
            convert_remaining(levels, {})
        except ResumeRefusedError:
            pass
    return levels[-1].context


def _read(run: Run, checkpoint: str | bytes | Checkpoint[Any]) -> tuple[list[Frame], str, FlowState | None]:
    """Return the frames with their contexts, outermost first, the path of the checkpoint's step, and what was saved."""
    flow = run.flow
    saved = parse(_text(checkpoint, flow), run.limit, flow)
    # What was written by hand, or by the original, says nothing of the steps done; it may still have types.
    state = saved.flow if saved.flow is not None and saved.flow.done else None
    types = {} if saved.flow is None else saved.flow.types
    if state is not None and state.name != flow:
        raise CheckpointFlowError(
            f'flow {flow}: the checkpoint was taken by the flow "{state.name}". Resume it with that flow; if the class '
            f'was only renamed, give it its former name: class ...(Flow[...], name="{state.name}")'
        )
    if state is not None:
        try:
            run.id = checked_id(state.run, f'flow {flow}: the checkpoint\'s field "flow.run"')
        except InvalidIdError as error:
            raise CheckpointFormatError(f"{error}. Use the checkpoint as it was taken") from None
    root = Frame(run, run.owner, plan_of(type(run.owner)).steps, {})
    if state is not None and state.at:
        levels = _walk(root, state.at)
        innermost = levels[-1]
        innermost.position -= 1  # it is the place of the step, which is not done
        innermost.entered = innermost.position
    else:
        levels = _walk(root, saved.step_name)
    if state is not None:
        _check_done(flow, levels, state)
    else:
        for level in levels:
            ensure_no_gate_behind(level)
            level.done = "".join(step.assumed_mark for step in level.steps[: level.position])
    _restore_contexts(levels, saved.output, types, state)
    return levels, saved.step_name, state


def _text(checkpoint: str | bytes | Checkpoint[Any], flow: str) -> str | bytes:
    if not isinstance(checkpoint, Checkpoint):
        return checkpoint
    try:
        return serialize_checkpoint(checkpoint)
    except UnsavableValueError as error:
        raise CheckpointValueError(f"flow {flow}: the checkpoint cannot be read as text: {error}") from None
    except TypeError as error:
        raise CheckpointFormatError(f"flow {flow}: the checkpoint cannot be read as text: {error}") from None


def _walk(root: Frame, path: str) -> list[Frame]:
    """Make the frames on the path of the checkpoint's step, outermost first, each at its place."""
    levels = [root]
    if not path:
        return levels  # the checkpoint from before the first step
    segments = path.split("/")
    at = 0
    while True:
        frame = levels[-1]
        place = _place(frame, segments[at], path)
        at += 1
        if at == len(segments):
            frame.position = place + 1
            return levels
        frame.position = place
        inside = frame.steps[place].enter(frame, segments[at:], path)
        at += 1 if inside.case is not None else 0
        frame.child = inside
        levels.append(inside)
        if at == len(segments):
            raise CheckpointStepError(
                f'flow {frame.run.flow}: the checkpoint\'s step "{path}" is a case of a branch, not a step; '
                "use the checkpoint as it was taken"
            )


def _place(frame: Frame, segment: str, path: str) -> int:
    place = plan_of(type(frame.owner)).places.get(segment)
    if place is not None:
        return place
    names = [step.row.name for step in frame.steps]
    where = f'inside "{frame.prefix[:-1]}" ' if frame.prefix else ""
    raise CheckpointStepError(
        f'flow {frame.run.flow}: the checkpoint is of the step "{path}", but the flow {where}has no step '
        f'"{segment}"{nearest(segment, names)}; its steps are {quoted(names)}. If the step was renamed, give it its '
        f'former name: aliases=("{segment}",)'
    )


def _check_done(flow: str, levels: list[Frame], state: FlowState) -> None:
    if len(state.done) != len(levels) or len(state.frames) != len(levels) - 1:
        raise CheckpointFormatError(
            f'flow {flow}: the checkpoint\'s step is {len(levels)} level(s) deep, but its field "flow" describes '
            f"{len(state.done)} (done) and {len(state.frames) + 1} (frames); use the checkpoint as it was taken"
        )
    for frame, marks in zip(levels, state.done, strict=True):
        if marks != plan_of(type(frame.owner)).marks[: WIDTH * frame.position]:  # not the plain case
            verify(flow, frame.prefix, frame.steps[: frame.position], marks)
        frame.done = marks


def _restore_contexts(
    levels: list[Frame], output: Mapping[str, Any], types: Mapping[str, Any], state: FlowState | None
) -> None:
    """Fill the contexts, innermost first; an outer one shares the values that its inside has not changed."""
    innermost = levels[-1]
    loader = Loader(innermost.registry)
    innermost.context = _loaded(innermost, output, types, loader)
    if state is None:
        for level in levels[:-1]:
            level.context = dict(innermost.context)
        return
    for outer, inner, saved in zip(reversed(levels[:-1]), reversed(levels[1:]), reversed(state.frames), strict=True):
        was = _loaded(outer, saved.was, saved.types, loader)
        lost = [key for key in saved.keys if key not in was and key not in inner.context]
        if lost:
            raise CheckpointFormatError(
                f'flow {outer.run.flow}: the checkpoint\'s field "flow.frames" lacks the value of {quoted(lost)}; '
                "use the checkpoint as it was taken"
            )
        outer.context = {key: was[key] if key in was else inner.context[key] for key in saved.keys}
        inner.written = set(saved.written)
        # A changed flow may allow fewer attempts by now.
        inner.attempt = min(saved.attempt, outer.steps[outer.position].row.retries + 1)


def _loaded(frame: Frame, plain: Mapping[str, Any], tags: Mapping[str, Any], loader: Loader) -> dict[str, Any]:
    try:
        return frame.registry.load_context(plain, tags, loader)
    except CheckpointFormatError as error:
        raise CheckpointFormatError(f"flow {frame.run.flow}: {error}") from error.__cause__
