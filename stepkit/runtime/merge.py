"""How the outputs of a step are merged into the context."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..errors import ContextCollisionError
from ..table import MergePolicy
from .frame import Frame, PlannedStep


def merge_outputs(frame: Frame, step: PlannedStep, outputs: Sequence[Mapping[str, Any]]) -> list[str]:
    """Merge outputs by the step's policy; return their keys. Raises ``ContextCollisionError``."""
    row = step.row
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


class MergedStep(PlannedStep):
    """A step whose outputs are merged into the context by its policy."""

    __slots__ = ()

    def apply(self, frame: Frame, outputs: Sequence[Mapping[str, Any]]) -> list[str]:
        return merge_outputs(frame, self, outputs)


def accepted(
    context: Mapping[str, Any], output: Mapping[str, Any], policy: MergePolicy
) -> tuple[Mapping[str, Any], list[str]]:
    """Return the part of ``output`` that is merged into ``context`` under a policy, and the keys that both have."""
    if policy == "override":
        return output, []
    collisions = [key for key in output if key in context]
    if policy == "skip":
        return {key: value for key, value in output.items() if key not in context}, collisions
    return output, collisions
