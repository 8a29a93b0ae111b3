"""Steps that are a function: ``flow.step`` and ``flow.transform``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, NoReturn

from ..errors import CheckpointStepError
from ..table import Kind
from .calls import call_step, output_of
from .fence import Fence
from .fingerprint import Done
from .frame import Frame, Outcome
from .merge import MergedStep


class FunctionStep(MergedStep):
    """A step whose returned keys join the context."""

    __slots__ = ()
    kind: ClassVar[Kind] = "step"
    is_plain = True

    async def attempt(self, frame: Frame, number: int, fence: Fence | None) -> Outcome:
        return Outcome((await output_of(frame, self, await call_step(frame, self, number, fence)),))

    def enter(self, frame: Frame, below: Sequence[str], path: str) -> NoReturn:
        raise CheckpointStepError(
            f'flow {frame.run.flow}: the checkpoint is of "{path}", but "{frame.path_of(self.row)}" is a plain '
            f"{self.kind}, which holds no other steps. Resume with the flow as it was, or from the checkpoint of the "
            "step before"
        )

    @property
    def plain_mark(self) -> str:
        return self.mark

    @property
    def assumed_mark(self) -> str:
        return self.mark

    def done_mark(self, frame: Frame) -> str:
        return self.mark

    def compare(self, flow: str, path: str, inside: tuple[Done, ...] | None) -> None:
        pass  # where it held others before, these have run


class Transform(FunctionStep):
    """A step whose returned mapping becomes the whole context."""

    __slots__ = ()
    kind = "transform"
    is_plain = False
    replaces = True

    def apply(self, frame: Frame, outputs: Sequence[Mapping[str, Any]]) -> list[str]:
        frame.context = dict(outputs[0])
        frame.touch(self, frame.context)
        if frame.written is not None:
            frame.written = set(frame.context)
        return list(frame.context)
