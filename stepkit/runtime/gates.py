"""Gates, at which a run waits for a decision, and the start records of steps that run at most once.

Both are checkpoints that are taken at a step, not after one.
"""

from __future__ import annotations

from collections.abc import Sequence
from time import time
from typing import TYPE_CHECKING, Any, ClassVar, Literal, NamedTuple, NoReturn

from ..backoff import LAST_SECOND
from ..errors import (
    ApprovalRequired,
    CheckpointFlowError,
    CheckpointStepError,
    DecisionError,
    FlowDefinitionError,
    RunExpiredError,
    StepInterruptedError,
)
from ..table import NOT_IN_GROUP, Kind, StepRow
from .callbacks import journal_gate, journal_started_once
from .fence import Fence
from .fingerprint import DECIDED, NOT_ASKED, Done, mark_around
from .frame import Frame, Outcome, PlannedStep
from .merge import MergedStep
from .signals import Waiting

if TYPE_CHECKING:
    from datetime import datetime

    from ..checkpoint import FlowState

Interrupted = Literal["run-again", "done"]
"""What a person says of the at-most-once step that a run ended in."""


class Gate(MergedStep):
    """A step that gives the keys of a decision, and at which a run waits until there is one."""

    __slots__ = ()
    kind: ClassVar[Kind] = "approval"
    is_gate = True

    async def attempt(self, frame: Frame, number: int, fence: Fence | None) -> Outcome:
        """Return the decision that the run was resumed with; wait where it has none, or was to pass another gate."""
        run, path = frame.run, frame.path_of(self.row)
        ensure_in_no_group(frame, f'the approval "{self.row.name}"', frame.owner, path)
        waited = frame.entered == frame.position
        if waited and run.decision is not None:
            decision, run.decision = run.decision, None
            return Outcome((decision,))
        expires = run.expires if waited else None
        if not waited and self.row.expires is not None:
            expires = min(time() + self.row.expires, float(LAST_SECOND))
        frame.entered = frame.position
        run.expires = expires
        checkpoint = run.take(frame, "waiting", expires)
        if run.journal is not None:
            await journal_gate(frame, path, self.row, checkpoint)
        at = None if expires is None else _moment(expires)
        raise Waiting(ApprovalRequired(run.flow, path, run.id, frame.snapshot(), checkpoint, at))

    def enter(self, frame: Frame, below: Sequence[str], path: str) -> NoReturn:
        raise CheckpointStepError(
            f'flow {frame.run.flow}: the checkpoint is of "{path}", but "{frame.path_of(self.row)}" is an approval, '
            "which holds no steps. Resume with the flow as it was, or from the checkpoint of the step before"
        )

    @property
    def plain_mark(self) -> None:
        return None

    @property
    def assumed_mark(self) -> NoReturn:
        raise AssertionError("no gate is assumed to be passed")

    @property
    def skipped_mark(self) -> str:
        return mark_around(self.mark, NOT_ASKED)

    def done_mark(self, frame: Frame) -> str:
        return mark_around(self.mark, DECIDED)

    def compare(self, flow: str, path: str, inside: tuple[Done, ...] | None) -> None:
        if inside not in ((Done(DECIDED, True, None),), (Done(NOT_ASKED, True, None),)):
            raise CheckpointFlowError(
                f'flow {flow}: "{path}" now is an approval, but was another step when the checkpoint was taken, so '
                "nobody has decided. Resume with the flow as it was, or start the run anew"
            )


def ensure_in_no_group(frame: Frame, found: str | None, owner: Any, path: str) -> None:
    """Raise ``FlowDefinitionError`` if ``found`` of the flow ``owner`` is inside of a group.

    The definition sees it beforehand, unless functions make the flows.
    """
    if frame.in_group and found is not None:
        what = NOT_IN_GROUP.format(found=found, flow=type(owner).__qualname__)
        raise FlowDefinitionError(frame.run.flow, [f"{path}: {what}"])


async def begin_once(frame: Frame, step: PlannedStep) -> None:
    """Record that a step begins that is never begun again."""
    run, path = frame.run, frame.path_of(step.row)
    ensure_in_no_group(frame, f'the at-most-once step "{step.row.name}"', frame.owner, path)
    frame.entered = frame.position
    if run.journal is not None:
        await journal_started_once(frame, path, run.take(frame, "started", None))


class Said(NamedTuple):
    """What a person has said with a resume."""

    decision: Any = None
    """The decision for the gate that the run waits at: a mapping, or an instance of its payload. None is none."""
    recorded: str | None = None
    """In place of ``decision``, one that was recorded in time, as ``record_decision`` gave it: it counts whenever the
    run goes on."""
    in_time: bool = False
    """Whether a store's clock says that a decision is in time, so that this one's is not asked."""
    interrupted: Interrupted | None = None


NOTHING_SAID = Said()


def go_on_at(frame: Frame, path: str, state: FlowState | None, said: Said) -> None:
    """Let a run that was restored go on at the gate it waits at, or at the step that it ended in, as a person says.

    ``frame`` is the innermost one. Raises a ``ResumeRefusedError`` where that does not go together.
    """
    run = frame.run
    what = "" if state is None else state.state
    where = f'flow {run.flow}: the checkpoint of step "{path}"' if path else f"flow {run.flow}: the checkpoint"
    decides = said.decision is not None or said.recorded is not None
    if decides and what != "waiting":
        raise CheckpointStepError(f"{where} waits at no gate, but a decision was given; leave decision= out")
    if said.interrupted is not None and what != "started":
        raise CheckpointStepError(f"{where} was not taken inside of an at-most-once step; leave interrupted= out")
    if state is None or not what:
        return
    step = frame.steps[frame.position]
    at = frame.path_of(step.row)
    if what == "waiting":
        if not step.is_gate:
            raise CheckpointFlowError(
                f'flow {run.flow}: the checkpoint waits for a decision at "{at}", which is of the '
                f'kind "{step.row.kind}" now. Resume with the flow as it was, or start the run anew'
            )
        _ensure_in_time(run.id, at, None if said.in_time or said.recorded is not None else state.expires)
        run.expires = state.expires
        decision = said.decision if said.recorded is None else _unpacked(frame, step.row, said.recorded)
        if decides:
            run.decision = _read(run.flow, at, step.row, decision)
        return
    if said.interrupted is None:
        raise StepInterruptedError(run.flow, at, run.id)
    if said.interrupted == "done":
        if step.is_gate or step.row.sources:
            raise CheckpointFlowError(
                f'flow {run.flow}: "{at}" was an at-most-once step and is of the kind "{step.row.kind}" now, which '
                "nobody can say to be done. Resume with the flow as it was, or start the run anew"
            )
        frame.done += step.mark
        frame.position += 1


class Recorded(NamedTuple):
    """A decision that was checked, to be kept until the run goes on with it."""

    gate: str
    """The path of the gate."""
    row: StepRow
    text: str


def packed(frame: Frame) -> Recorded:
    """Return the decision that a run was restored with, in the form of a checkpoint of its keys alone."""
    from ..checkpoint import FlowState, compose
    from ..codec import ContextEncoder
    from ..errors import UnsavableValueError

    run, row = frame.run, frame.steps[frame.position].row
    assert run.decision is not None
    gate = frame.path_of(row)
    try:
        output, tags = ContextEncoder(frame.registry).encode(run.decision, None)
    except UnsavableValueError as error:
        problem = f"the value at {error.path} ({error.type.__qualname__}) {error.reason}"
        raise DecisionError(run.flow, gate, problem) from None
    return Recorded(gate, row, compose(gate, output, FlowState(run.flow, run.id, ("",), tags)))


def _unpacked(frame: Frame, row: StepRow, text: str) -> dict[str, Any]:
    """Return what a decision gave that was recorded; what its class makes itself is left to it."""
    from ..annotations.payloads import payload_fields
    from ..checkpoint import parse

    saved = parse(text, None, frame.run.flow)
    keys = frame.registry.load_context(saved.output, {} if saved.flow is None else saved.flow.types)
    fields = payload_fields(row.payload)
    return {name: value for name, value in keys.items() if name not in fields or fields[name].argument is not None}


def _read(flow: str, path: str, row: StepRow, decision: Any) -> dict[str, Any]:
    """Return the keys of a decision. Raises ``DecisionError``."""
    from ..annotations.payloads import read_decision  # what judges values is imported when there are some

    try:
        return read_decision(row.payload, decision)
    except ValueError as error:
        raise DecisionError(flow, path, str(error)) from None


def ensure_no_gate_behind(frame: Frame) -> None:
    """Refuse a checkpoint that says nothing of the steps done, if a gate is before its step: who has decided?

    Raises ``CheckpointStepError``.
    """
    for step in frame.steps[: frame.position]:
        gate = _gate_in(step.row)
        if gate is not None:
            raise CheckpointStepError(
                f'flow {frame.run.flow}: the checkpoint has no field "flow", so it does not show that the gate '
                f'"{frame.prefix}{gate}" before its step was decided; use the checkpoint as it was taken'
            )


def _gate_in(row: StepRow) -> str | None:
    """Return the path of the first gate in a step, as far as it is known before a run."""
    if row.kind == "approval":
        return row.name
    for nested in row.flow_classes:
        for inner in nested.__stepkit_table__.steps:
            if (gate := _gate_in(inner)) is not None:
                return f"{row.name}/{gate}"
    return None


def _ensure_in_time(run_id: str, gate: str, expires: float | None) -> None:
    """Raise ``RunExpiredError`` if it is too late for a decision."""
    if expires is not None and time() >= expires:
        raise RunExpiredError(run_id, gate, _moment(expires))


def _moment(at: float) -> datetime:
    from datetime import UTC, datetime

    return datetime.fromtimestamp(at, UTC)
