"""The line of a terminal that shows how far a step is and is written over, as Rich draws it where it is installed."""

from __future__ import annotations

from typing import TextIO

from .text import display_width

BAR_WIDTH = 24


def draw(label: str, done: float, total: float | None, text: str, width: int, terminal: TextIO) -> str | None:
    """The line with a bar and in colours; None where Rich is not installed, no end is known or there is no room.

    ``label`` stands before the bar, ``text`` behind it; the line takes at most ``width`` cells.
    """
    if not total or display_width(label) + display_width(text) + BAR_WIDTH + 2 > width:
        return None
    try:
        from rich.console import Console
        from rich.progress_bar import ProgressBar
        from rich.table import Table
        from rich.text import Text
    except ImportError:
        return None
    grid = Table.grid(padding=(0, 1))
    grid.add_row(Text(label), ProgressBar(total, min(done, total), width=BAR_WIDTH), Text(text))
    console = Console(file=terminal, width=width)
    with console.capture() as captured:
        console.print(grid)
    return captured.get().partition("\n")[0]
