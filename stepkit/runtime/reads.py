"""What the steps that a run or a resume has still to run are certain to read from the context as it is.

Behind a step whose keys are not known from its return annotation, any key may be there and any value may be another;
the walk ends at it.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from typing import Any, NamedTuple

from ..annotations.forms import UNKNOWN
from ..annotations.hints import hints_of
from ..table import Condition, Parameters, StepRow
from .frame import Frame


class Read(NamedTuple):
    """A key that a step will certainly read, or will certainly miss."""

    frame: Frame
    path: str
    key: str
    is_missing: bool
    annotation: Any = UNKNOWN
    """What the step's parameter is annotated with, for a value that is still the one in the frame's context."""


def remaining_reads(levels: list[Frame]) -> Iterator[Read]:
    """Yield what the steps left in the frames read, innermost frame first."""
    innermost = levels[-1]
    containers = [outer.steps[outer.position].row for outer in levels[:-1]]
    walk = _Walk(innermost)
    if not (yield from walk.rows(innermost, innermost.position, containers)):
        return
    for outer, inner in zip(reversed(levels[:-1]), reversed(levels[1:]), strict=True):
        walk.leave(outer, inner)
        container = containers.pop()
        if container.merge == "error" or container.on_error in ("skip-remaining", "fallback"):
            return  # whether it collides, ends the run or has its fallback called, is for the run to say
        if not (yield from walk.rows(outer, outer.position + 1, containers)):
            return


class _Walk:
    """Knows which keys the context has at a step, as far as that is certain."""

    def __init__(self, frame: Frame) -> None:
        self.available = set(frame.context)
        self.unchanged = set(frame.context)
        """Keys whose value is certainly still that of the context."""

    def leave(self, outer: Frame, inner: Frame) -> None:
        """Go on in the frame around a container that is complete."""
        assert inner.written is not None
        self.available |= set(outer.context)
        self.unchanged &= set(outer.context) - inner.written

    def rows(self, frame: Frame, place: int, containers: list[StepRow]) -> Generator[Read, None, bool]:
        """Yield what the rows of a frame read from ``place`` on, and return whether what follows is certain.

        ``containers`` are those that the frame is inside of.
        """
        hints = hints_of(type(frame.owner))
        survived = any(container.on_error != "raise" for container in containers)
        for step in frame.steps[place:]:
            row = step.row
            if row.when is False:
                continue
            path = frame.path_of(row)
            certain = row.when is True and row.on_error in ("raise", "fallback")
            fatal = row.on_error == "raise" and not survived  # a missing key ends the run
            if fatal and isinstance(row.when, Condition):
                yield from self._missing(frame, path, row.when.parameters)
            if row.function is None and not step.is_gate:
                return False  # what a nested flow reads and gives is its own affair
            if row.when is True:
                if fatal:
                    yield from self._missing(frame, path, row.parameters)
                for key in row.parameters.required + row.parameters.optional:
                    if key in self.unchanged:
                        yield Read(frame, path, key, False, hints.parameter(row, key))
            if row.on_error == "skip-remaining":
                return False  # it may end the run, and then nobody reads what is missing
            given = hints.gives(row)
            if given is None:
                return False
            always, sometimes = given
            if step.replaces:
                if not certain:
                    return False
                self.available.clear()
                self.unchanged.clear()
            self.available |= always | sometimes
            if row.merge != "skip":
                self.unchanged -= always | sometimes
        return True

    def _missing(self, frame: Frame, path: str, parameters: Parameters) -> Iterator[Read]:
        return (Read(frame, path, key, True) for key in parameters.required if key not in self.available)
