"""What refuses a resume, and what cannot be saved."""

from __future__ import annotations

from .base import StepkitError
from .running import RunDeadlineError


class CheckpointError(StepkitError, ValueError):
    """The base of the two families: ``ResumeRefusedError`` and ``CheckpointNotTakenError``."""


class ResumeRefusedError(CheckpointError):
    """A checkpoint is refused before any step runs: nothing has happened, and the checkpoint is as good as it was."""


class CheckpointNotTakenError(CheckpointError):
    """A checkpoint cannot be taken after steps have run: the run itself is well, but it cannot be saved there."""


class CheckpointFormatError(ResumeRefusedError):
    """A checkpoint is not strict JSON, lacks a field, or has one of a wrong type."""


class CheckpointSizeError(CheckpointError):
    """A checkpoint is larger than the flow's ``max_checkpoint_size`` (bytes), when it is taken or resumed."""

    def __init__(self, flow: str, size: int, limit: int) -> None:
        self.flow = flow
        self.size = size
        self.limit = limit
        super().__init__(
            f"flow {flow}: the checkpoint has {size:,} bytes, the limit is {limit:,}. Keep large values "
            "outside of the context and their keys inside, or raise the limit with the class keyword "
            "max_checkpoint_size (bytes)."
        )


class ResumeSizeError(ResumeRefusedError, CheckpointSizeError):
    """A checkpoint is refused because it is larger than the limit; it is not parsed."""


class UnsavableSizeError(CheckpointNotTakenError, CheckpointSizeError):
    """A checkpoint is not taken because it would be larger than the limit."""


class ResumeDeadlineError(ResumeRefusedError, RunDeadlineError):
    """A checkpoint is refused because the deadline of its run has passed; a new ``deadline=`` lets it go on."""


class CheckpointFlowError(ResumeRefusedError):
    """A checkpoint was taken by another flow, or its flow has changed before the checkpoint's step."""


class CheckpointStepError(ResumeRefusedError, LookupError):
    """A checkpoint names a step that the flow does not have, or cannot be resumed at."""


class CheckpointKeyError(ResumeRefusedError, KeyError):
    """A remaining step requires a key that neither the checkpoint nor a step in between provides."""


class CheckpointValueError(ResumeRefusedError, TypeError):
    """A value of a checkpoint or of its override data does not fit the step that will read it."""


class DecisionError(ResumeRefusedError, TypeError):
    """A decision does not fit the payload type of its gate; nothing has run, and the gate waits as before."""

    def __init__(self, flow: str, gate: str, problem: str) -> None:
        self.flow = flow
        self.gate = gate
        self.problem = problem
        super().__init__(f'flow {flow}: the decision for the gate "{gate}" is refused: {problem}')


class StepInterruptedError(ResumeRefusedError, RuntimeError):
    """A run ended inside of an at-most-once step: whether the step has done its work, nobody here knows."""

    def __init__(self, flow: str, step: str, run: str) -> None:
        self.flow = flow
        self.step = step
        self.run = run
        super().__init__(
            f'flow {flow}: run {run} ended inside of the step "{step}", which runs at most once. Find out what it has '
            'done, then resume with interrupted="run-again", or with interrupted="done" and its keys as override_data'
        )


class UnsavableValueError(CheckpointNotTakenError, TypeError):
    """A value of the context cannot be saved such that it comes back the same.

    ``path`` is the value's key path (``$.order.items[1].conn``), ``type`` its type.
    """

    def __init__(self, path: str, type: type, reason: str, *, flow: str = "", step: str = "") -> None:
        self.path = path
        self.type = type
        self.reason = reason
        self.flow = flow
        self.step = step
        place = f'after step "{step}"' if step else "before the first step"
        where = f"flow {flow}: {place} " if flow else ""
        super().__init__(f"{where}the value at {path} ({type.__module__}.{type.__qualname__}) {reason}")
