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
from typing import ClassVar, NamedTuple, Protocol

from ..errors import CheckpointFlowError, CheckpointFormatError
from ..table import StepRow

WIDTH = 4
SKIPPED = "."
SURVIVED = "!"
_OF_GATES = ("\0decided", "\0skipped")  # no step has such a name
NO_MARK = "(())"  # as wide as a mark, and none
_URL_SAFE = str.maketrans("+/", "-_")


def mark_of(name: str) -> str:
    """Return the four characters that stand for a step's name."""
    digest = zlib.crc32(name.encode("utf-8", "surrogatepass")).to_bytes(4, "big")[:3]
    return binascii.b2a_base64(digest, newline=False).decode().translate(_URL_SAFE)


def mark_around(mark: str, inside: str) -> str:
    """Return the mark of a step that holds others, with the marks of those that ran."""
    return f"{mark}({inside})"


DECIDED, NOT_ASKED = map(mark_of, _OF_GATES)
"""What a gate has inside of its mark, so that a step, a flow or a branch of its name is never taken for one."""


class Done(NamedTuple):
    """A step that a checkpoint says is done."""

    mark: str
    ran: bool
    inside: tuple[Done, ...] | None


class Marked(Protocol):
    """A step, as far as it is compared with what a checkpoint says."""

    @property
    def row(self) -> StepRow: ...

    is_gate: ClassVar[bool]

    def compare(self, flow: str, path: str, inside: tuple[Done, ...] | None) -> None: ...


def verify(flow: str, prefix: str, steps: Sequence[Marked], marks: str) -> None:
    """Check that ``marks`` stand for ``steps``; ``prefix`` is what their paths begin with.

    Raises ``CheckpointFlowError`` naming the first difference, ``CheckpointFormatError`` if they are not marks.
    """
    done, rest = _parse(flow, marks, 0)
    if rest != len(marks):
        raise _malformed(flow, marks)
    compare_steps(flow, prefix, steps, done)


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


def compare_steps(flow: str, prefix: str, steps: Sequence[Marked], done: tuple[Done, ...]) -> None:
    """Compare steps with those that a checkpoint says are done. Raises ``CheckpointFlowError``."""
    by_mark = {mark_of(name): step.row for step in steps for name in step.row.names}
    for index in range(max(len(steps), len(done))):
        step = steps[index] if index < len(steps) else None
        item = done[index] if index < len(done) else None
        if step is not None and item is not None and item.mark in map(mark_of, step.row.names):
            if item.ran or step.is_gate:
                step.compare(flow, prefix + step.row.name, item.inside)
            continue
        there = f'"{prefix}{step.row.name}"' if step is not None else "no further step"
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
