"""Stops the servers of a test run when the run ends, whatever ends it: ``python server_reaper.py FOLDER``.

The run holds the other end of standard input; it is closed when the run closes it, fails or is killed.
"""

from __future__ import annotations

import os
import shutil
import signal
import sys
import time
from pathlib import Path

SECONDS_TO_END = 10.0


def main(folder: Path) -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)  # Ctrl-C reaches the whole group; this process is the one that stays
    sys.stdin.buffer.read()
    stop(folder / "redis.pid", signal.SIGTERM)
    stop(folder / "postgres" / "postmaster.pid", signal.SIGINT)  # "fast": it waits for no client
    shutil.rmtree(folder, ignore_errors=True)


def stop(pid_file: Path, how: signal.Signals) -> None:
    """Stop the process that wrote the file, and wait for its end."""
    try:
        process = int(pid_file.read_text().split()[0])
        os.kill(process, how)
    except (OSError, ValueError, IndexError):
        return
    deadline = time.monotonic() + SECONDS_TO_END
    while time.monotonic() < deadline:
        try:
            os.kill(process, 0)
        except OSError:
            return
        time.sleep(0.01)
    os.kill(process, signal.SIGKILL)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
