"""Takes checkpoints: the state of the open frames as text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..checkpoint import OuterFrame, compose
from ..errors import UnsavableSizeError, UnsavableValueError

if TYPE_CHECKING:
    from ..codec import Tag
    from .frame import Frame


def take(frame: Frame) -> str:
    """The checkpoint after the step that was done last, as seen from ``frame``.

    Inside a parallel group, which is one step, that is the last step before the group.
    Raises ``UnsavableValueError`` and ``UnsavableSizeError``.
    """
    while frame.parent is not None and (frame.in_group or frame.position == 0):
        frame = frame.parent
    run = frame.run
    step = frame.path if frame.position else ""
    inner = frame
    done, around = [frame.done], []
    while inner.parent is not None:
        around.append((inner.parent, inner))
        inner = inner.parent
        done.append(inner.done)
    outer: list[OuterFrame] = []
    try:
        output, tags = frame.encoder.encode(frame.context, frame.touched)
        if around:
            contexts = [(outside.registry, _unshared(outside, inside)) for outside, inside in around]
            tags, dumped = frame.encoder.encode_around(tags, contexts)
            outer = [
                _outer_frame(outside, inside, was, types)
                for (outside, inside), (was, types) in zip(around, dumped, strict=True)
            ]
    except UnsavableValueError as error:
        frame.touched = None
        raise UnsavableValueError(error.path, error.type, error.reason, flow=run.flow, step=step) from None
    if frame.touched is None:
        frame.touched = set()
    else:
        frame.touched.clear()
    text = compose(step, output, name=run.flow, run=run.id, done=done[::-1], types=tags, frames=outer[::-1])
    # Only a text near the limit has to be measured in bytes.
    if len(text) * 4 > run.limit and (size := len(text.encode())) > run.limit:
        raise UnsavableSizeError(run.flow, size, run.limit)
    return text


def _unshared(outer: Frame, inner: Frame) -> dict[str, Any]:
    """What the inside of a container does not have as the context around it does."""
    missing = object()
    return {key: value for key, value in outer.context.items() if inner.context.get(key, missing) is not value}


def _outer_frame(outer: Frame, inner: Frame, was: dict[str, Any], types: dict[str, Tag]) -> OuterFrame:
    """What restores the context around a container from the one inside it."""
    assert inner.written is not None
    return OuterFrame(
        keys=tuple(outer.context), was=was, types=types, written=tuple(sorted(inner.written)), attempt=inner.attempt
    )
