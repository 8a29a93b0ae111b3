"""The fingerprint of the steps that a run has done: how it is written, read, and compared with the steps of a flow.

Each step has a mark: four characters for its name, then ``.`` if it was skipped, ``!`` if it failed and the run
went on, or the marks of its inside in parentheses: ``AbCd`` ``EfGh.`` ``IjKl(MnOpQrSt)``. For a branch these are the
mark of the case and, in parentheses, of what ran there. So nothing that ran is forgotten, in no more than a few
characters a step, and a mismatch can be named.
"""

from __future__ import annotations

import binascii
import zlib
from collections.abc import Sequence
from typing import NamedTuple

from ..errors import CheckpointFlowError, CheckpointFormatError
from ..table import StepRow

WIDTH = 4
SKIPPED = "."
SURVIVED = "!"
NO_MARK = "(())"  # as wide as a mark, and none
_URL_SAFE = str.maketrans("+/", "-_")


def mark_of(name: str) -> str:
    """Return the four characters that stand for a step's name."""
    digest = zlib.crc32(name.encode("utf-8", "surrogatepass")).to_bytes(4, "big")[:3]
    return binascii.b2a_base64(digest, newline=False).decode().translate(_URL_SAFE)


def mark_around(mark: str, inside: str) -> str:
    """Return the mark of a step that holds others, with the marks of those that ran."""
    return f"{mark}({inside})"


class Done(NamedTuple):
    """A step that a checkpoint says is done."""

    mark: str
    ran: bool
    inside: tuple[Done, ...] | None


def verify(flow: str, prefix: str, rows: Sequence[StepRow], place: int, marks: str) -> None:
    """Check that ``marks`` stand for ``rows[:place]``.

    Raises ``CheckpointFlowError`` naming the first difference, ``CheckpointFormatError`` if they are not marks.
    """
    done, rest = _parse(flow, marks, 0)
    if rest != len(marks):
        raise _malformed(flow, marks)
    _compare(flow, prefix, rows, place, done)


def _parse(flow: str, marks: str, at: int) -> tuple[tuple[Done, ...], int]:
    """Read the marks from ``at`` up to a closing parenthesis or the end; return them and where they end."""
    levels: list[list[Done]] = [[]]
    pending: list[str] = []
    while at < len(marks):
        if marks[at] == ")":
            if not pending:
                raise _malformed(flow, marks)
            inside = tuple(levels.pop())
            levels[-1].append(Done(pending.pop(), True, inside))
            at += 1
            continue
        mark = marks[at : at + WIDTH]
        at += WIDTH
        if len(mark) < WIDTH or any(character in mark for character in "().!"):
            raise _malformed(flow, marks)
        following = marks[at : at + 1]
        if following == "(":
            pending.append(mark)
            levels.append([])
            at += 1
        elif following in (SKIPPED, SURVIVED):
            levels[-1].append(Done(mark, False, None))
            at += 1
        else:
            levels[-1].append(Done(mark, True, None))
    if pending:
        raise _malformed(flow, marks)
    return tuple(levels[0]), at


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
    """Compare the inside of a complete container with the steps that it holds now."""
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
        for nested in row.flow_classes:
            rows = nested.__stepkit_table__.steps
            _compare(flow, path + "/", rows, len(rows), inside)
    elif row.kind == "branch" and inside:
        for case, source in row.cases.items():
            if mark_of(case) == inside[0].mark and source.flow_class is not None:
                rows = source.flow_class.__stepkit_table__.steps  # type: ignore[attr-defined]
                _compare(flow, f"{path}/{case}/", rows, len(rows), inside[0].inside or ())
