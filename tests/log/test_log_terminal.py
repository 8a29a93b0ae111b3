"""On a real terminal the log shows progress as one line that is written over: drawn by Rich, or plain without it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

pty = pytest.importorskip("pty", reason="there are no pseudo-terminals here")

PROGRAM = """
import logging, sys
if sys.argv[1] == "without-rich":
    sys.modules["rich"] = None  # as Python notes that there is no such module
from stepkit import Flow, LogConfig, flow

class Pages(Flow):
    @flow.step("load")
    def load(self):
        for page in range(1, 1001):
            flow.current().progress(page, 1000, "pages")

    @flow.step("count")
    def count(self):
        flow.current().progress(7)

if "configured" in sys.argv:
    logging.basicConfig(level=logging.INFO)
Pages().run_sync(log=LogConfig(emoji="ascii" not in sys.argv))
assert ("rich" in sys.modules) == ("rich-imported" in sys.argv or sys.argv[1] == "without-rich"), "rich"
"""
OVER = "\r\x1b[2K"
STYLE = re.compile(r"\x1b\[[\d;]*m")


def on_a_terminal(*arguments: str, columns: int = 80, term: str = "xterm-256color") -> str:
    """What a terminal of that width is sent by the program, as its stderr."""
    import fcntl
    import struct
    import termios

    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    environment = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "COLUMNS")}
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, *arguments],
        stderr=theirs,
        env={**environment, "TERM": term, "PYTHONIOENCODING": "utf-8"},
        cwd=Path(__file__).parents[2],
    )
    os.close(theirs)
    received = b""
    while True:
        try:
            part = os.read(ours, 65536)
        except OSError:  # Linux's way of saying that nobody has the other end open
            break
        if not part:
            break
        received += part
    os.close(ours)
    shown = received.decode().replace("\r\n", "\n")
    assert process.wait() == 0, shown
    return shown


def test_without_rich_it_is_a_plain_line() -> None:
    shown = on_a_terminal("without-rich")
    assert f"📍 Step: load\n{OVER}   ⏳ load: 1 of 1,000 (0%) pages{OVER}" in shown
    assert f"{OVER}   ⏳ load: 1,000 of 1,000 (100%) pages{OVER}✅ load completed\n" in shown
    assert f"📍 Step: count\n{OVER}   ⏳ count: 7{OVER}✅ count completed\n" in shown
    assert STYLE.findall(shown) == []


def test_rich_draws_a_bar_where_there_is_an_end() -> None:
    shown = on_a_terminal("with-rich", "rich-imported")
    assert STYLE.findall(shown) != []
    bare = STYLE.sub("", shown)
    assert re.search(rf"📍 Step: load\n{re.escape(OVER)}   ⏳ load ━+ 1 of 1,000 \(0%\) pages *\r", bare)
    assert re.search(r"   ⏳ load ━+ 1,000 of 1,000 \(100%\) pages *\r\x1b\[2K✅ load completed\n", bare)
    assert f"{OVER}   ⏳ count: 7{OVER}✅ count completed\n" in bare


@pytest.mark.parametrize("columns", [30, 66, 67, 68, 69])
def test_each_line_fits_and_none_is_left_behind(columns: int) -> None:
    shown = STYLE.sub("", on_a_terminal("with-rich", "rich-imported" if columns > 64 else "", columns=columns))
    lines = [part for line in shown.split("\n") for part in line.split(OVER)]
    assert all(len(line) < columns - 1 for line in lines if "⏳" in line)
    left = [line.rpartition(OVER)[2] for line in shown.split("\n")]
    assert not any("⏳" in line for line in left)


def test_rich_is_left_alone_where_its_bar_would_not_be_ascii() -> None:
    assert f"{OVER}   load: 1,000 of 1,000 (100%) pages{OVER}load completed\n" in on_a_terminal("with-rich", "ascii")


@pytest.mark.parametrize("where", ["logging is configured", "a terminal that cannot write over"])
def test_elsewhere_each_is_a_line_of_its_own(where: str) -> None:
    shown = (
        on_a_terminal("with-rich", term="dumb")
        if where.startswith("a terminal")
        else on_a_terminal("with-rich", "configured")
    )
    assert "load: 1 of 1,000 (0%) pages\n" in shown
    assert "load: 1,000 of 1,000 (100%) pages\n" in shown
    assert "\x1b" not in shown
