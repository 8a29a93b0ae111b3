"""Looks at the steps that a run or a resume will run: has the context what they read, and does it fit?

Only what is certain is refused. Behind a step whose keys are not known from its return annotation, any key may be
there and any value may be another; the search ends at it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..annotations.fitting import fit
from ..annotations.forms import UNKNOWN
from ..annotations.hints import FlowHints, hints_of
from ..errors import CheckpointKeyError, CheckpointValueError, FlowInputError, quoted
from ..table import Condition, Parameters, StepRow
from .frame import Frame


class _Open(Exception):
    """From here on nothing is certain."""


def check_input(frame: Frame, *, complete: bool = True) -> None:
    """Check the input of a run, against what the flow says that it is and as a resume checks a checkpoint.

    Where it is not ``complete``, keys that the steps read may still come with override data. Raises ``FlowInputError``.
    """
    flow, declared = frame.run.flow, hints_of(type(frame.owner)).input
    if declared is not UNKNOWN:
        try:
            fit(frame.context, declared, "$", convert=False)
        except ValueError as error:
            raise FlowInputError(f"flow {flow}: the input is refused: {error}") from None
    try:
        _Search(frame, "the input").rows(frame, 0, [])
    except (CheckpointKeyError, CheckpointValueError) as error:
        if isinstance(error, CheckpointKeyError) and not complete:
            return
        raise FlowInputError(str(error)) from None
    except _Open:
        pass


def check_remaining(levels: list[Frame], override_data: Mapping[str, Any], *, convert: bool) -> None:
    """Check the contexts of the open frames against the steps that are left in them, innermost first.

    ``override_data`` is what the contexts hold that is not from the checkpoint, for messages.
    With ``convert`` a value may also be the JSON form of what a step's annotation says, and is replaced by it.
    Raises ``CheckpointKeyError`` and ``CheckpointValueError``.
    """
    innermost = levels[-1]
    containers = [outer.steps[outer.position].row for outer in levels[:-1]]
    search = _Search(innermost, "the checkpoint", override_data, convert)
    try:
        search.rows(innermost, innermost.position, containers)
        for outer, inner in zip(reversed(levels[:-1]), reversed(levels[1:]), strict=True):
            search.leave(outer, inner)
            container = containers.pop()
            if container.merge == "error" or container.on_error in ("skip-remaining", "fallback"):
                return  # whether it collides, ends the run or has its fallback called, is for the run to say
            search.rows(outer, outer.position + 1, containers)
    except _Open:
        pass


class _Search:
    def __init__(
        self, frame: Frame, given: str, override_data: Mapping[str, Any] | None = None, convert: bool = False
    ) -> None:
        self.given = given
        """What the context comes from, for messages."""
        self.override_data = override_data or {}
        self.context = frame.context
        self.available = set(frame.context)
        self.pristine = set(frame.context)
        """Keys whose value is certainly still the saved one."""
        self.convert = convert

    def leave(self, outer: Frame, inner: Frame) -> None:
        assert inner.written is not None
        self.context = outer.context
        self.available |= set(outer.context)
        self.pristine &= set(outer.context) - inner.written

    def rows(self, frame: Frame, place: int, containers: list[StepRow]) -> None:
        """The rows of a frame from ``place`` on; ``containers`` are the open ones that it is inside of."""
        hints = hints_of(type(frame.owner))
        survived = any(container.on_error != "raise" for container in containers)
        for row in [step.row for step in frame.steps[place:]]:
            if row.when is False:
                continue
            path = frame.path_of(row)
            certain = row.when is True and row.on_error in ("raise", "fallback")
            fatal = row.on_error == "raise" and not survived  # a missing key ends the run
            if fatal and isinstance(row.when, Condition):
                self.require(frame, path, row.when.parameters)
            if row.function is None:
                raise _Open  # what a nested flow reads and gives is its own affair
            if row.when is True:
                if fatal:
                    self.require(frame, path, row.parameters)
                self.fit(frame, path, row, hints)
            if row.on_error == "skip-remaining":
                raise _Open  # it may end the run, and then nobody reads what is missing
            given = hints.gives(row)
            if given is None or row.kind == "branch":
                raise _Open
            always, sometimes = given
            if row.kind == "transform":
                if not certain:
                    raise _Open
                self.available.clear()
                self.pristine.clear()
            self.available |= always | sometimes
            if row.merge != "skip":
                self.pristine -= always | sometimes

    def require(self, frame: Frame, path: str, parameters: Parameters) -> None:
        for key in parameters.required:
            if key not in self.available:
                advice = "Give it in the input" if self.given == "the input" else _with_override(key)
                raise CheckpointKeyError(
                    f'flow {frame.run.flow}: step "{path}" reads "{key}", which {self.given} does not have and no '
                    f"step before it provides; {self.given} has {quoted(self.context)}. {advice}"
                )

    def fit(self, frame: Frame, path: str, row: StepRow, hints: FlowHints) -> None:
        for key in row.parameters.required + row.parameters.optional:
            if key not in self.pristine:
                continue
            annotation: Any = hints.parameter(row, key)
            if annotation is UNKNOWN:
                continue
            try:
                value = fit(self.context[key], annotation, f"$.{key}", convert=self.convert)
            except ValueError as error:
                overridden = key in self.override_data and self.context[key] is self.override_data[key]
                given = "override_data" if overridden else self.given
                advice = f". {_with_override(key, 'a fitting value')}" if given == "the checkpoint" else ""
                raise CheckpointValueError(
                    f'flow {frame.run.flow}: step "{path}" cannot read "{key}" from {given}: {error}{advice}'
                ) from None
            if self.convert:
                frame.context[key] = value


def _with_override(key: str, what: str = "it") -> str:
    return f'Give {what} with override_data={{"{key}": ...}}'
