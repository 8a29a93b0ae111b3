"""Opens a store of a kind over a file or a server: in the tests, and in the processes that they start."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any, Literal

from stepkit.stores import (
    DurabilityWarning,
    EncryptedStore,
    MemoryStore,
    PostgresStore,
    RedisStore,
    SqliteStore,
    Store,
)

KEY = bytes(range(32))
FULL = bool(os.environ.get("STEPKIT_CHAOS"))
"""Whether what is tried at random is tried as often as ``make chaos-stores`` does."""


def open_store_of(kind: str, target: str, synchronous: Literal["OFF", "FULL"] = "OFF") -> Store:
    """A store that is set up. It waits for the disk only where a test is about that."""
    store: Store
    match kind:
        case "memory":
            store = MemoryStore()
        case "sqlite":
            store = SqliteStore(target, synchronous=synchronous)
        case "encrypted":
            store = EncryptedStore(SqliteStore(target, synchronous=synchronous), [KEY])
        case "postgres":
            store = PostgresStore(target)
        case _:
            store = RedisStore(target)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DurabilityWarning)  # of how the tests' servers are set
        store.setup()
    return store


class Worker:
    """Another process with a store of its own, which does what it is told; see ``store_worker.py``."""

    def __init__(self, kind: str, target: str, synchronous: str = "OFF") -> None:
        program = [sys.executable, str(Path(__file__).with_name("store_worker.py")), kind, target, synchronous]
        self.process = subprocess.Popen(program, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)

    def tell(self, do: str, *values: Any) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps([do, *values]) + "\n")
        self.process.stdin.flush()

    def answer(self) -> Any:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        return json.loads(line) if line.endswith("\n") else None

    def ask(self, do: str, *values: Any) -> Any:
        self.tell(do, *values)
        return self.answer()

    def end(self) -> None:
        self.process.kill()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                pipe.close()
