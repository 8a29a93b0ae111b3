"""Runs a flow in pieces: stopped after every step, and resumed each time from the checkpoint's text alone."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Generator, Mapping
from typing import Any, TypeAlias

from ..definition import Flow
from ..errors import ApprovalRequired
from ..events import StepEvent
from .comparison import difference

AnyFlow: TypeAlias = Flow[Any, Any]
FlowOrMaker: TypeAlias = AnyFlow | type[AnyFlow] | Callable[[], AnyFlow]
OnEvent: TypeAlias = Callable[[StepEvent[str, dict[str, Any]]], None]
Overrides: TypeAlias = Mapping[str, Mapping[str, Any]]
"""By the name of a step, what a resume from its checkpoint overrides."""
Decisions: TypeAlias = Mapping[str, Any]
"""By the path of a gate, the decision for it."""


async def run_suspended(
    flow: FlowOrMaker,
    input: Any = None,
    *,
    override_data: Overrides | None = None,
    decisions: Decisions | None = None,
    on_checkpoint: Callable[[str], None] | None = None,
) -> dict[str, Any]:
    """Run a flow, stop after every step and resume from its checkpoint's text; return the context at the end.

    Args:
        flow: A flow, a flow class that needs no arguments, or a function that makes a flow. Of the last two every
            piece of the run gets a new instance, as it would in another process.
        input: The keys that the context starts with.
        override_data: By the name of a step, what the resume from there overrides: ``{"draft": {"by": "ana"}}``.
        decisions: By the path of a gate, the decision for it; a run that waits at another raises ``ApprovalRequired``.
        on_checkpoint: Called with each text from which the run is resumed.

    A parallel group is one step, so the run is not stopped inside it. Raises what a step raises, and a
    ``CheckpointNotTakenError`` or a ``ResumeRefusedError`` if a checkpoint cannot be taken or resumed.
    """
    return await _drive(_in_pieces(_maker(flow), input, override_data or {}, decisions or {}, on_checkpoint))


def run_suspended_sync(
    flow: FlowOrMaker,
    input: Any = None,
    *,
    override_data: Overrides | None = None,
    decisions: Decisions | None = None,
    on_checkpoint: Callable[[str], None] | None = None,
) -> dict[str, Any]:
    """``run_suspended`` without an event loop of one's own."""
    return _drive_sync(_in_pieces(_maker(flow), input, override_data or {}, decisions or {}, on_checkpoint))


async def assert_resumable(
    flow: FlowOrMaker, input: Any = None, *, override_data: Overrides | None = None, decisions: Decisions | None = None
) -> dict[str, Any]:
    """Assert that resuming a flow gives what an uninterrupted run gives; return that result.

    The flow is run once; then it is resumed from every checkpoint that this run gave, each as text; then it is run
    with ``run_suspended``. So its steps run many times: give it harmless doubles of what it talks to, and inputs
    for which it does the same each time. The other arguments are those of ``run_suspended``.

    Where the flow stops itself, in an ``on_step_complete`` of its own, it is resumed from there, with what
    ``override_data`` has for that step, until it is at its end.

    Raises ``AssertionError`` with the step and the key path of the first difference, and where the flow cannot get
    past a step at which it stops. A flow that fails has to fail each time with an equal error, which is raised again
    at the end. Raises ``ValueError`` if ``override_data`` names a step at which the flow does not stop itself.
    """
    return await _drive(_compared(_maker(flow), input, override_data or {}, decisions or {}))


def assert_resumable_sync(
    flow: FlowOrMaker, input: Any = None, *, override_data: Overrides | None = None, decisions: Decisions | None = None
) -> dict[str, Any]:
    """``assert_resumable`` without an event loop of one's own."""
    return _drive_sync(_compared(_maker(flow), input, override_data or {}, decisions or {}))


class _StuckError(AssertionError):
    """A flow does not get past a step at which it stops itself."""


class _Piece:
    """A run or a resume that a script asks its driver for."""

    def __init__(
        self,
        flow: AnyFlow,
        input: Any,
        checkpoint: str | None,
        overrides: Overrides,
        on_event: OnEvent,
        decision: object = None,
    ) -> None:
        self.flow = flow
        self.input = input
        self.checkpoint = checkpoint
        self.overrides = overrides
        self.on_event = on_event
        self.decision = decision

    async def run(self) -> dict[str, Any]:
        flow, on_event = self.flow, self.on_event
        if self.checkpoint is None:
            result: dict[str, Any] = await flow.run(copy.deepcopy(self.input), on_step_complete=on_event)
        else:
            result = await flow.run_checkpoint(
                self.checkpoint,
                override_data=self._overridden(self.checkpoint),
                decision=copy.deepcopy(self.decision),
                on_step_complete=on_event,
            )
        return result

    def run_sync(self) -> dict[str, Any]:
        flow, on_event = self.flow, self.on_event
        if self.checkpoint is None:
            result: dict[str, Any] = flow.run_sync(copy.deepcopy(self.input), on_step_complete=on_event)
        else:
            result = flow.run_checkpoint_sync(
                self.checkpoint,
                override_data=self._overridden(self.checkpoint),
                decision=copy.deepcopy(self.decision),
                on_step_complete=on_event,
            )
        return result

    def _overridden(self, checkpoint: str) -> Any:
        return copy.deepcopy(self.overrides.get(step_of(checkpoint)))


# One script for sync and async: it yields pieces and is sent what they gave.
_Script: TypeAlias = Generator[_Piece, dict[str, Any], dict[str, Any]]


async def _drive(script: _Script) -> dict[str, Any]:
    piece = next(script)
    while True:
        try:
            try:
                result = await piece.run()
            except Exception as error:
                piece = script.throw(error)
            else:
                piece = script.send(result)
        except StopIteration as end:
            return end.value  # type: ignore[no-any-return]


def _drive_sync(script: _Script) -> dict[str, Any]:
    piece = next(script)
    while True:
        try:
            try:
                result = piece.run_sync()
            except Exception as error:
                piece = script.throw(error)
            else:
                piece = script.send(result)
        except StopIteration as end:
            return end.value  # type: ignore[no-any-return]


def _decided(make: Callable[[], AnyFlow], piece: _Piece, decisions: Decisions) -> _Script:
    """Run a piece, and go on with the decision for each gate that it comes to."""
    while True:
        try:
            return (yield piece)
        except ApprovalRequired as error:
            if error.gate not in decisions:
                raise
            decision = decisions[error.gate]
            piece = _Piece(make(), None, error.checkpoint, piece.overrides, piece.on_event, decision)


def _in_pieces(
    make: Callable[[], AnyFlow],
    input: Any,
    overrides: Overrides,
    decisions: Decisions,
    on_checkpoint: Callable[[str], None] | None,
) -> _Script:
    stopped_at: str | None = None

    def stop(event: StepEvent[str, dict[str, Any]]) -> None:
        nonlocal stopped_at
        text = event.checkpoint
        # The members of a parallel group carry the checkpoint from before it: a resume from there gets no further.
        if step_of(text) == event.step_name:
            stopped_at = text
            event.stop_pipeline()

    result = yield from _decided(make, _Piece(make(), input, None, overrides, stop), decisions)
    while (text := stopped_at) is not None:
        stopped_at = None
        if on_checkpoint is not None:
            on_checkpoint(text)
        result = yield from _decided(make, _Piece(make(), None, text, overrides, stop), decisions)
    return result


def _to_the_end(
    make: Callable[[], AnyFlow],
    input: Any,
    checkpoint: str | None,
    overrides: Overrides,
    decisions: Decisions,
    on_event: OnEvent | None,
) -> _Script:
    """Run or resume, and go on from wherever the flow stops itself."""
    stopped_at: str | None = None
    passed: set[str] = set()

    def look(event: StepEvent[str, dict[str, Any]]) -> None:
        nonlocal stopped_at
        if on_event is not None:
            on_event(event)
        if event._stops():
            stopped_at = event.checkpoint

    result = yield from _decided(make, _Piece(make(), input, checkpoint, overrides, look), decisions)
    while (text := stopped_at) is not None:
        stopped_at = None
        if text in passed:
            raise _StuckError(f'resumed from the checkpoint of "{step_of(text)}", the flow stops itself there again')
        passed.add(text)
        result = yield from _decided(make, _Piece(make(), None, text, overrides, look), decisions)
    return result


def _compared(make: Callable[[], AnyFlow], input: Any, overrides: Overrides, decisions: Decisions) -> _Script:
    checkpoints: dict[str, str] = {}  # with the name of the first step whose event had it
    gates: set[str] = set()

    def note(event: StepEvent[str, dict[str, Any]]) -> None:
        checkpoints.setdefault(event.checkpoint, event.step_name)
        if event._stops():
            gates.add(event.step_name)

    expected = yield from _outcome(_to_the_end(make, input, None, overrides, decisions, note))
    if not isinstance(expected, Exception) and (others := overrides.keys() - gates):
        stops = ", ".join(map(repr, sorted(gates))) or "no step"
        raise ValueError(
            f"override_data names {', '.join(map(repr, sorted(others)))}; the flow stops itself at {stops}"
        )
    for text, step in checkpoints.items():
        actual = yield from _outcome(_to_the_end(make, None, text, overrides, decisions, None))
        _compare(expected, actual, f'resumed from the checkpoint of "{step_of(text)}" in the event of "{step}"')
    actual = yield from _outcome(_in_pieces(make, input, overrides, decisions, None))
    _compare(expected, actual, "stopped and resumed after every step")
    if isinstance(expected, Exception):
        raise expected
    return expected


def _outcome(script: _Script) -> Generator[_Piece, dict[str, Any], dict[str, Any] | Exception]:
    try:
        return (yield from script)
    except _StuckError:
        raise
    except Exception as error:
        return error


def _compare(expected: dict[str, Any] | Exception, actual: dict[str, Any] | Exception, how: str) -> None:
    if isinstance(expected, Exception) or isinstance(actual, Exception):
        if type(expected) is type(actual) and str(expected) == str(actual):
            return
        cause = actual if isinstance(actual, Exception) else None
        raise AssertionError(f"the run {_ended(expected)}; {how}, it {_ended(actual)}") from cause
    if found := difference(expected, actual):
        raise AssertionError(f"{how}, the run gives another result: {found}")


def _ended(outcome: Mapping[str, Any] | Exception) -> str:
    if isinstance(outcome, Exception):
        return f"failed with {type(outcome).__name__}: {outcome}"
    return "succeeded"


def _maker(flow: FlowOrMaker) -> Callable[[], AnyFlow]:
    if isinstance(flow, Flow):
        return lambda: flow
    return flow


def step_of(checkpoint: str) -> str:
    """The path of the step that a checkpoint was taken after; its other fields are not parsed."""
    name, _ = json.JSONDecoder().raw_decode(checkpoint, len('{"stepName":'))
    return str(name)
