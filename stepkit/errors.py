"""Every error that stepkit raises: one class per mistake, each from the nearest builtin.

The data of a mistake is on the error as attributes; its message says what was wrong, where,
what was there instead, and what to do.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from types import BuiltinFunctionType
from typing import TYPE_CHECKING, Any, Self, TypeVar

if TYPE_CHECKING:
    from datetime import datetime

__all__ = [
    "AlreadyDecidedError",
    "ApprovalRequired",
    "CheckpointError",
    "CheckpointFlowError",
    "CheckpointFormatError",
    "CheckpointKeyError",
    "CheckpointNotTakenError",
    "CheckpointSizeError",
    "CheckpointStepError",
    "CheckpointValueError",
    "CircuitOpenError",
    "ContextCollisionError",
    "CorruptCheckpointError",
    "DecisionError",
    "EventLoopError",
    "FlowDefinitionError",
    "FlowInputError",
    "InvalidIdError",
    "MissingKeyError",
    "NoCurrentStepError",
    "ResumeDeadlineError",
    "ResumeRefusedError",
    "ResumeSizeError",
    "RunCancelledError",
    "RunClaimedError",
    "RunConflictError",
    "RunDeadlineError",
    "RunExpiredError",
    "RunLostError",
    "RunNotFoundError",
    "RunStatusError",
    "StepInterruptedError",
    "StepOutputError",
    "StepTimeoutError",
    "StepkitError",
    "StoreForkError",
    "StoreKeyError",
    "StoreUnavailableError",
    "StoreVersionError",
    "UnknownCaseError",
    "UnsavableSizeError",
    "UnsavableValueError",
]


_Error = TypeVar("_Error", bound="StepkitError")


class StepkitError(Exception):
    """The base of all errors of stepkit. All come back from ``pickle`` and ``copy`` with their attributes and notes."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message

    def __str__(self) -> str:
        return self.message  # KeyError's own __str__ would show the repr

    # Made anew without __init__: what an error is made of is not what it was called with. Else an error that comes out
    # of a process pool breaks the pool.

    def __reduce__(self) -> tuple[Any, ...]:
        return _remade, (type(self), self.args, _picklable(vars(self)))

    def __copy__(self) -> Self:
        return _remade(type(self), self.args, vars(self))

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        from copy import deepcopy

        return _remade(type(self), deepcopy(self.args, memo), deepcopy(vars(self), memo))


def _remade(error_class: type[_Error], arguments: tuple[Any, ...], attributes: Mapping[str, Any]) -> _Error:
    """Return an error that is as another one was."""
    builtin: Any = error_class
    while not isinstance(vars(builtin).get("__new__"), BuiltinFunctionType):
        builtin = builtin.__base__  # of several bases the one whose objects these are, which may not be the first
    error: _Error = builtin.__new__(error_class)
    BaseException.__init__(error, *arguments)
    vars(error).update(attributes)
    return error


def _picklable(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """Return attributes for pickling; what would not come back, as a class inside of a function, becomes None."""
    import pickle

    kept: dict[str, Any] = {}
    for name, value in attributes.items():
        try:
            pickle.loads(pickle.dumps(value))
        except Exception:
            value = None
        kept[name] = value
    return kept


class FlowDefinitionError(StepkitError, TypeError):
    """A flow class cannot be created; ``problems`` lists everything that is wrong with it."""

    def __init__(self, flow: str, problems: Sequence[str]) -> None:
        self.flow = flow
        self.problems = tuple(problems)
        count = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
        lines = "".join(f"\n  - {problem}" for problem in problems)
        super().__init__(f"flow {flow} cannot be defined ({count}):{lines}")


class FlowInputError(StepkitError, TypeError):
    """The input or the override data of a run is no mapping with string keys, or the input was checked and refused."""


class InvalidIdError(StepkitError, ValueError):
    """An id from outside is not allowed: of a wrong type, empty, too long, or with characters that no id has."""


class MissingKeyError(StepkitError, KeyError):
    """A step reads a key that the context does not have, and its parameter has no default."""

    def __init__(self, flow: str, step: str, key: str, available: Iterable[str]) -> None:
        self.flow = flow
        self.step = step
        self.key = key
        self.available = tuple(available)
        hint = nearest(key, self.available) or "."
        super().__init__(
            f'flow {flow}: step "{step}" reads "{key}", which the context does not have; '
            f"it has {quoted(self.available)}{hint} "
            "Give the key in the input or in an earlier step, or give the parameter a default."
        )


class StepOutputError(StepkitError, TypeError):
    """A step returned something that is neither a mapping with string keys nor None."""

    def __init__(self, flow: str, step: str, problem: str) -> None:
        self.flow = flow
        self.step = step
        super().__init__(f'flow {flow}: step "{step}" {problem}')


class ContextCollisionError(StepkitError, ValueError):
    """Under ``merge="error"`` a step returned a key that the context already has."""

    def __init__(self, flow: str, step: str, key: str) -> None:
        self.flow = flow
        self.step = step
        self.key = key
        super().__init__(
            f'flow {flow}: step "{step}" returns "{key}", which the context already has, and its '
            'merge policy is "error". Return another key, or choose merge="override", "warn" or "skip".'
        )


class UnknownCaseError(StepkitError, LookupError):
    """A branch chose a case that it does not have."""

    def __init__(self, flow: str, step: str, case: object, cases: Iterable[str]) -> None:
        self.flow = flow
        self.step = step
        self.case = case
        self.cases = tuple(cases)
        chosen = f"a name of {len(case)} characters" if isinstance(case, str) else f"a {type(case).__qualname__}"
        hint = (nearest(case, self.cases) if isinstance(case, str) else "") or "."
        super().__init__(
            f'flow {flow}: branch "{step}" chose {chosen}; its cases are {quoted(self.cases)}{hint} '
            "Return the name of a case, or None for no case."
        )


class StepTimeoutError(StepkitError, TimeoutError):
    """An attempt of a step took longer than its ``timeout`` (seconds)."""

    def __init__(self, flow: str, step: str, timeout: float, attempt: int) -> None:
        self.flow = flow
        self.step = step
        self.timeout = timeout
        self.attempt = attempt
        super().__init__(
            f'flow {flow}: step "{step}" took longer than its timeout of {timeout:g} s '
            f"(attempt {attempt}); the attempt was given up"
        )


class CircuitOpenError(StepkitError, RuntimeError):
    """A step was not called because its circuit breaker is open."""

    def __init__(self, flow: str, step: str, retry_after: float) -> None:
        self.flow = flow
        self.step = step
        self.retry_after = retry_after
        when = f"the next probe is let through in {retry_after:.3g} s" if retry_after > 0 else "a probe is under way"
        super().__init__(f'flow {flow}: step "{step}" was not called: its circuit breaker is open; {when}')


class RunCancelledError(StepkitError, RuntimeError):
    """A synchronous run found its ``cancel=`` set between two steps."""

    def __init__(self, flow: str, step: str) -> None:
        self.flow = flow
        self.step = step
        super().__init__(f'flow {flow}: the run was cancelled before step "{step}"')


class RunDeadlineError(StepkitError, TimeoutError):
    """A run was not over at its ``deadline`` (an aware ``datetime``). No policy of a step sees this error.

    ``step`` is the path of the step that was in progress or would have been next, empty where none had begun.
    """

    def __init__(self, flow: str, step: str, run_id: str, deadline: float, what: str) -> None:
        from datetime import UTC, datetime

        self.flow = flow
        self.step = step
        self.run_id = run_id
        self.deadline = datetime.fromtimestamp(deadline, UTC)
        super().__init__(
            f"flow {flow}: the deadline of run {run_id} ({self.deadline:%Y-%m-%d %H:%M:%S} UTC) {what}. Resume its "
            "last checkpoint with another one: run_checkpoint(checkpoint, deadline=...)"
        )


class EventLoopError(StepkitError, RuntimeError):
    """A synchronous run needs an event loop and cannot have one here."""


class ApprovalRequired(StepkitError, RuntimeError):  # noqa: N818 - it is no failure: the run waits
    """A run without a store has come to a gate and waits there; ``run_checkpoint(checkpoint, decision=...)`` goes on.

    No policy of a step or a container sees it. ``gate`` is the gate's path, ``context`` what the run has come to,
    ``checkpoint`` its text, ``expires_at`` when it is too late for a decision, if the gate says so.
    """

    def __init__(
        self, flow: str, gate: str, run_id: str, context: dict[str, Any], checkpoint: str, expires_at: datetime | None
    ) -> None:
        self.flow = flow
        self.gate = gate
        self.run_id = run_id
        self.context = context
        self.checkpoint = checkpoint
        self.expires_at = expires_at
        super().__init__(
            f'flow {flow}: the run waits for a decision at the gate "{gate}". Save the error\'s checkpoint; go on '
            "with run_checkpoint(checkpoint, decision={...})"
        )


class NoCurrentStepError(StepkitError, LookupError):
    """``flow.current()`` was called outside of a step."""


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


class RunNotFoundError(StepkitError, LookupError):
    """The store has no run of that id."""

    def __init__(self, run: str) -> None:
        self.run = run
        super().__init__(f'there is no run "{run}" in the store')


class RunConflictError(StepkitError, ValueError):
    """A run of that id was begun with another input, or by another flow."""

    def __init__(self, run: str, flow: str) -> None:
        self.run = run
        self.flow = flow
        super().__init__(
            f'run "{run}" is there already, of flow {flow}, and was begun with another input or by another flow. '
            "An id stands for one flow and one input; take another id."
        )


class RunClaimedError(StepkitError, RuntimeError):
    """Somebody else runs the run: ``owner``, who holds it ``until`` then, and longer if the claim is renewed."""

    def __init__(self, run: str, owner: str, until: datetime) -> None:
        self.run = run
        self.owner = owner
        self.until = until
        super().__init__(f'run "{run}" is claimed by "{owner}" until {until.isoformat()}')


class RunLostError(StepkitError, RuntimeError):
    """The claim on a run is no longer ours: what was to be written now was not, and nothing that follows counts."""

    def __init__(self, run: str, epoch: int, status: str, newest: int) -> None:
        self.run = run
        self.epoch = epoch
        self.status = status
        self.newest = newest
        super().__init__(
            f'the claim number {epoch} on run "{run}" has ended: the run is {status}, its newest claim is number '
            f"{newest}. Nothing was written; stop this run here."
        )


class RunStatusError(StepkitError, RuntimeError):
    """What was asked of a run does not fit its status."""

    def __init__(self, run: str, status: str, asked: str, waiting_for: str | None = None) -> None:
        self.run = run
        self.status = status
        self.asked = asked
        self.waiting_for = waiting_for
        state = f'{status} for "{waiting_for}"' if waiting_for is not None else status
        super().__init__(f'run "{run}" is {state}, so it cannot be {asked}')


class AlreadyDecidedError(StepkitError, ValueError):
    """A gate was decided before, and otherwise: ``decision`` is what, ``by`` and ``at`` are by whom and when."""

    def __init__(self, run: str, gate: str, decision: str, by: str | None, at: datetime) -> None:
        self.run = run
        self.gate = gate
        self.decision = decision
        self.by = by
        self.at = at
        whom = f' by "{by}"' if by is not None else ""
        super().__init__(
            f'gate "{gate}" of run "{run}" has been decided ({decision}){whom} at {at.isoformat()}; '
            "a decision is made once"
        )


class RunExpiredError(StepkitError, TimeoutError):
    """A gate can no longer be decided: its time ended ``at`` then, by the clock of whoever keeps the run."""

    def __init__(self, run: str, gate: str, at: datetime) -> None:
        self.run = run
        self.gate = gate
        self.at = at
        super().__init__(f'gate "{gate}" of run "{run}" expired at {at.isoformat()}')


class CorruptCheckpointError(ResumeRefusedError):
    """What a store has of a run is damaged. It is not used, and nothing else is taken in its place.

    ``run`` is None where the store itself is damaged, ``seq`` is the number of the damaged save, if it is one.
    ``older_seq`` and ``older_step`` name the last complete checkpoint before it, if there is one.
    """

    def __init__(
        self,
        run: str | None,
        what: str,
        seq: int | None = None,
        older_seq: int | None = None,
        older_step: str | None = None,
    ) -> None:
        self.run = run
        self.seq = seq
        self.older_seq = older_seq
        self.older_step = older_step
        older = ""
        if older_seq is not None:
            place = f'the one after step "{older_step}"' if older_step is not None else "that of the input"
            older = f" The last complete checkpoint before it is {place} (number {older_seq})."
        where = "" if run is None else f'run "{run}": '
        super().__init__(f"{where}{what} is damaged: it is not what was stored.{older}")


class StoreUnavailableError(StepkitError, ConnectionError):
    """A store cannot be reached, or does not do what it is told to. What it was told last may or may not have happened.

    ``store`` is its kind, ``reason`` what is known; neither names an address or a password.
    """

    def __init__(self, store: str, reason: str) -> None:
        self.store = store
        self.reason = reason
        super().__init__(f"the {store} store cannot be used: {reason}")


class StoreForkError(StepkitError, RuntimeError):
    """A store that was used before a fork is used in the forked process."""

    def __init__(self, store: str) -> None:
        self.store = store
        super().__init__(
            f"this {store} store was used before the process was forked, and its connections belong to the parent. "
            "Make the store in the forked process, or make it before and use it only after."
        )


class StoreVersionError(StepkitError, RuntimeError):
    """What is stored was written by a newer version of stepkit."""

    def __init__(self, store: str, found: int, known: int) -> None:
        self.store = store
        self.found = found
        self.known = known
        super().__init__(
            f"the {store} store has schema version {found}; this stepkit knows {known} and older. Use a newer stepkit."
        )


class StoreKeyError(StepkitError, LookupError):
    """A record was sealed with a key that is not among those of the ``EncryptedStore``; ``key_id`` names it."""

    def __init__(self, run: str, key_id: str) -> None:
        self.run = run
        self.key_id = key_id
        super().__init__(f'run "{run}": a record was sealed with key {key_id}, which is not among the keys given')


def quoted(names: Iterable[str]) -> str:
    """The names for a message: ``"a", "b"``, or ``nothing``; long lists are cut."""
    listed = [f'"{name}"' for name in names]
    if len(listed) > 12:
        listed = [*listed[:12], f"and {len(listed) - 12} more"]
    return ", ".join(listed) or "nothing"


def nearest(name: str, names: Iterable[str]) -> str:
    """A question that names the nearest names, or an empty string."""
    import difflib

    matches = difflib.get_close_matches(name, list(names), n=3, cutoff=0.5)
    choices = " or ".join(f'"{match}"' for match in matches)
    return f"; did you mean {choices}?" if matches else ""
