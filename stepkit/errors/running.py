"""Mistakes of flows and of their runs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from .base import StepkitError
from .wording import nearest, quoted

if TYPE_CHECKING:
    from datetime import datetime


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
