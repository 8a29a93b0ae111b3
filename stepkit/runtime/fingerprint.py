"""Compares the marks of the steps that a checkpoint says are done with the steps that a flow has.

A mark is four characters for the step's name, then ``.`` if the step was skipped, ``!`` if it failed and the run
survived, or the marks of its inside in parentheses: ``AbCd`` ``EfGh.`` ``IjKl(MnOpQrSt)``. For a branch these are the
mark of the case and, in parentheses, of what ran there. So nothing that ran is forgotten, in no more than a few
characters a step, and a mismatch can be named.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from ..errors import CheckpointFlowError, CheckpointFormatError
from ..table import StepRow
from .plan import SKIPPED, SURVIVED, flow_classes, mark_of

WIDTH = 4


class Done(NamedTuple):
    """A step that a checkpoint says is done."""

    mark: str
    ran: bool
    inside: tuple[Done, ...] | None


def verify(flow: str, prefix: str, rows: Sequence[StepRow], place: int, marks: str) -> None:
    """Check that ``rows[:place]`` are the steps that ``marks`` stand for.

    Raises ``CheckpointFlowError`` naming the first difference, ``CheckpointFormatError`` if the marks are none.
    """
    done, rest = _parse(flow, marks, 0)
    if rest != len(marks):
        raise _malformed(flow, marks)
    _compare(flow, prefix, rows, place, done)


def _parse(flow: str, marks: str, at: int) -> tuple[tuple[Done, ...], int]:
    """The marks from ``at`` up to a closing parenthesis or the end, and where they end."""
    open_levels: list[list[Done]] = [[]]
    pending: list[str] = []
    while at < len(marks):
        if marks[at] == ")":
            if not pending:
                raise _malformed(flow, marks)
            inside = tuple(open_levels.pop())
            open_levels[-1].append(Done(pending.pop(), True, inside))
            at += 1
            continue
        mark = marks[at : at + WIDTH]
        at += WIDTH
        if len(mark) < WIDTH or any(character in mark for character in "().!"):
            raise _malformed(flow, marks)
        following = marks[at : at + 1]
        if following == "(":
            pending.append(mark)
            open_levels.append([])
            at += 1
        elif following in (SKIPPED, SURVIVED):
            open_levels[-1].append(Done(mark, False, None))
            at += 1
        else:
            open_levels[-1].append(Done(mark, True, None))
    if pending:
        raise _malformed(flow, marks)
    return tuple(open_levels[0]), at


def _malformed(flow: str, marks: str) -> CheckpointFormatError:
    return CheckpointFormatError(
        f'flow {flow}: the checkpoint\'s field "flow.done" has {len(marks)} characters that are no marks of steps; '
        "use the checkpoint as it was taken"
    )


def _compare(flow: str, prefix: str, rows: Sequence[StepRow], place: int, done: tuple[Done, ...]) -> None:
    by_mark = {mark_of(name): row for row in rows for name in row.names}
    for index in range(max(place, len(done))):
        row = rows[index] if index < place else None
        item = done[index] if index < len(done) else None
        if row is not None and item is not None and item.mark in map(mark_of, row.names):
            if item.ran:
                _compare_inside(flow, prefix + row.name, row, item.inside)
            continue
        there = f'"{prefix}{row.name}"' if row is not None else "no further step"
        if item is None:
            was = "no further step"
        elif (known := by_mark.get(item.mark)) is not None:
            was = f'"{prefix}{known.name}"'
        else:
            was = "a step that it does not have any more"
        raise CheckpointFlowError(
            f"flow {flow}: its steps before the checkpoint's are not those that had run: as step {index + 1} the flow "
            f"now has {there}, the run had {was}. A step that was inserted, moved or removed there would silently "
            "never run, or run twice. Resume with the flow as it was, start the run anew, or, if a step was only "
            "renamed, give it its former name with aliases=."
        )


def _compare_inside(flow: str, path: str, row: StepRow, inside: tuple[Done, ...] | None) -> None:
    """The inside of a container that is complete."""
    if inside is None:
        if row.kind in ("subflow", "parallel", "branch"):
            raise CheckpointFlowError(
                f'flow {flow}: step "{path}" now holds other steps, but had run as a plain step; what it holds would '
                "silently never run. Resume with the flow as it was, or start the run anew."
            )
        return
    if row.kind == "parallel":
        _compare(flow, path + "/", row.members, len(row.members), inside)
    elif row.kind == "subflow":
        for nested in flow_classes(row):
            rows = nested.__stepkit_table__.steps
            _compare(flow, path + "/", rows, len(rows), inside)
    elif row.kind == "branch" and inside:
        for case, source in row.cases.items():
            if mark_of(case) == inside[0].mark and source.flow_class is not None:
                rows = source.flow_class.__stepkit_table__.steps  # type: ignore[attr-defined]
                _compare(flow, f"{path}/{case}/", rows, len(rows), inside[0].inside or ())
