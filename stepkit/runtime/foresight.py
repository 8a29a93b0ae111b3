"""Looks at the steps that a resume will run: has the saved context what they read, and does it fit?

Only what is certain is refused. Behind a step whose keys are not known from its return annotation, any key may be
there and any value may be another; the search ends at it.
"""

from __future__ import annotations

from typing import Any

from ..errors import CheckpointKeyError, CheckpointValueError, quoted
from ..hints import UNKNOWN, FlowHints, hints_of
from ..table import Condition, Parameters, StepRow
from .frame import Frame


class _Open(Exception):
    """From here on nothing is certain."""


def check_remaining(levels: list[Frame], *, convert: bool) -> None:
    """Check the contexts of the open frames against the steps that are left in them, innermost first.

    With ``convert`` a value may also be the JSON form of what a step's annotation says, and is replaced by it.
    Raises ``CheckpointKeyError`` and ``CheckpointValueError``.
    """
    innermost = levels[-1]
    containers = [outer.steps[outer.position].row for outer in levels[:-1]]
    search = _Search(innermost, convert)
    try:
        search.rows(innermost, innermost.position, containers)
        for outer, inner in zip(reversed(levels[:-1]), reversed(levels[1:]), strict=True):
            search.leave(outer, inner)
            container = containers.pop()
            if container.merge == "error" or container.on_error == "skip-remaining":
                return  # whether it collides, or ends the run, is for the run to say
            search.rows(outer, outer.position + 1, containers)
    except _Open:
        pass


class _Search:
    def __init__(self, frame: Frame, convert: bool) -> None:
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
            certain = row.when is True and row.on_error == "raise"
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
                raise CheckpointKeyError(
                    f'flow {frame.run.flow}: step "{path}" reads "{key}", which the checkpoint does not have and no '
                    f"step before it provides; the checkpoint has {quoted(self.context)}. Give it with "
                    f'override_data={{"{key}": ...}}'
                )

    def fit(self, frame: Frame, path: str, row: StepRow, hints: FlowHints) -> None:
        for key in row.parameters.required + row.parameters.optional:
            if key not in self.pristine:
                continue
            annotation: Any = hints.parameter(row, key)
            if annotation is UNKNOWN:
                continue
            try:
                value = frame.registry.fit(self.context[key], annotation, f"$.{key}", convert=self.convert)
            except ValueError as error:
                raise CheckpointValueError(
                    f'flow {frame.run.flow}: step "{path}" cannot read "{key}" from the checkpoint: {error}. '
                    f'Give a fitting value with override_data={{"{key}": ...}}'
                ) from None
            if self.convert:
                frame.context[key] = value
