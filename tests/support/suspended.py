"""The always-suspend mode: each plain run of a test is stopped after every step and resumed.

Every test of the folders below is there a second time in this mode (``conftest.py``), unless it has the marker
``in_one_piece``. A run that has callbacks, a log or a ``cancel=`` of its own is left alone, as the test looks at
those; so is one inside another.
"""

from __future__ import annotations

from contextvars import ContextVar
from typing import Any

import pytest

from stepkit import Flow
from stepkit.testing import run_suspended, run_suspended_sync

FOLDERS = ("approvals", "callbacks", "conformance", "containers", "failures", "language", "running")
"""Those with tests of what flows do."""

_in_pieces: ContextVar[bool] = ContextVar("in_pieces", default=False)


def suspend_every_run(patch: pytest.MonkeyPatch) -> None:
    """Replace ``run`` and ``run_sync`` by runs in pieces."""
    plain, plain_sync = Flow.run, Flow.run_sync

    async def run(self: Any, input: Any = None, **options: Any) -> Any:
        if options or _in_pieces.get():
            return await plain(self, input, **options)
        token = _in_pieces.set(True)
        try:
            return await run_suspended(self, input)
        finally:
            _in_pieces.reset(token)

    def run_sync(self: Any, input: Any = None, **options: Any) -> Any:
        if options or _in_pieces.get():
            return plain_sync(self, input, **options)
        token = _in_pieces.set(True)
        try:
            return run_suspended_sync(self, input)
        finally:
            _in_pieces.reset(token)

    patch.setattr(Flow, "run", run)
    patch.setattr(Flow, "run_sync", run_sync)
