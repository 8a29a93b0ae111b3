"""The performance summary: a table of the steps in a box, and statistics."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

from .text import cut, display_width, escape, format_duration, pad

Status = Literal["success", "failed", "skipped"]

NARROWEST = 54  # cells between the borders, as the original draws it
WIDEST = 78  # with its borders the box fits into a terminal of 80 columns

_ICONS: dict[Status, str] = {"success": "✅", "failed": "❌", "skipped": "⏭️"}


class Timing(NamedTuple):
    """How one step went. ``path`` is joined with "/", ``duration`` is in seconds."""

    path: str
    status: Status
    duration: float


def box(timings: Sequence[Timing], *, emoji: bool) -> list[str]:
    """Draw the table, a line for each step; every line takes the same number of cells."""
    rows = [_row(timing, emoji) for timing in timings]
    needed = max((display_width(left) + 1 + len(right) for left, right in rows), default=0)
    width = min(max(needed + 2, NARROWEST), WIDEST)
    side, dash, corners = ("│", "─", "┌┐└┘") if emoji else ("|", "-", "++++")
    lines = [corners[0] + dash * width + corners[1]]
    for left, right in rows:
        room = width - 2 - len(right)
        left = cut(left, room - 1, "…" if emoji else "...")
        lines.append(f"{side} {pad(left, room)}{right} {side}")
    lines.append(corners[2] + dash * width + corners[3])
    return lines


def _row(timing: Timing, emoji: bool) -> tuple[str, str]:
    name = escape(timing.path)
    right = "skipped" if timing.status == "skipped" else format_duration(timing.duration)
    if emoji:
        return f"{_ICONS[timing.status]} {name}", right
    return name, f"failed {right}" if timing.status == "failed" else right


def statistics(timings: Sequence[Timing]) -> list[str]:
    """Return the average, slowest and fastest of the steps that succeeded; nothing if none did.

    A step that holds others is left out: its time is theirs, and it would always be the slowest.
    """
    done = [timing for timing in timings if timing.status == "success"]
    parents = {ancestor for timing in done for ancestor in _ancestors(timing.path)}
    leaves = [timing for timing in done if timing.path not in parents]
    if not leaves:
        return []
    average = sum(timing.duration for timing in leaves) / len(leaves)
    slowest = max(leaves, key=lambda timing: timing.duration)
    fastest = min(leaves, key=lambda timing: timing.duration)
    return [
        f"   Average: {format_duration(average)}",
        f"   Slowest: {escape(slowest.path)} ({format_duration(slowest.duration)})",
        f"   Fastest: {escape(fastest.path)} ({format_duration(fastest.duration)})",
    ]


def _ancestors(path: str) -> list[str]:
    segments = path.split("/")
    return ["/".join(segments[:count]) for count in range(1, len(segments))]
