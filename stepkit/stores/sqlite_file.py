"""A SQLite file: how it is made, opened and shared, what its tables are, and what its errors mean."""

from __future__ import annotations

import os
import sqlite3
import threading
import time
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

from ..errors import CorruptCheckpointError, StepkitError, StoreUnavailableError, StoreVersionError
from . import sql
from .base import BaseStore
from .connections import Connections
from .digests import digest

VERSION = 1
TABLES = ("stepkit_decisions", "stepkit_meta", "stepkit_runs", "stepkit_saves")
SCHEMA = [
    """CREATE TABLE stepkit_runs (
        id TEXT NOT NULL PRIMARY KEY, flow TEXT NOT NULL, status TEXT NOT NULL,
        epoch INTEGER NOT NULL, seq INTEGER NOT NULL, full_seq INTEGER NOT NULL, first_seq INTEGER NOT NULL,
        created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL, status_at INTEGER NOT NULL,
        input_digest TEXT NOT NULL, owner TEXT, lease_until INTEGER, step_name TEXT, waiting_for TEXT,
        expires_at INTEGER, due_at INTEGER, parent TEXT, error BLOB,
        cancel_requested INTEGER NOT NULL, decided INTEGER NOT NULL, mark TEXT NOT NULL, digest BLOB NOT NULL
    )""",
    """CREATE TABLE stepkit_saves (
        run TEXT NOT NULL, seq INTEGER NOT NULL, kind TEXT NOT NULL, step_name TEXT, full_save INTEGER NOT NULL,
        epoch INTEGER NOT NULL, at INTEGER NOT NULL, digest BLOB NOT NULL, payload BLOB NOT NULL,
        PRIMARY KEY (run, seq)
    )""",
    """CREATE TABLE stepkit_decisions (
        run TEXT NOT NULL, gate TEXT NOT NULL, number INTEGER NOT NULL, kind TEXT NOT NULL, "by" TEXT, reason TEXT,
        at INTEGER NOT NULL, digest BLOB NOT NULL, payload BLOB,
        PRIMARY KEY (run, gate)
    )""",
    "CREATE TABLE stepkit_meta (version INTEGER NOT NULL, digest BLOB NOT NULL)",
    *sql.indexes("stepkit_runs", "stepkit_runs", "waiting_for"),
]
# Anything else that SQLite says of a file is damage: no statement here is wrong for a file that is well.
UNAVAILABLE = {
    sqlite3.SQLITE_AUTH,
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_INTERRUPT,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_NOLFS,
    sqlite3.SQLITE_NOMEM,
    sqlite3.SQLITE_PERM,
    sqlite3.SQLITE_PROTOCOL,
    sqlite3.SQLITE_READONLY,
}


class SqliteFile(BaseStore):
    kind = "SQLite"

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        synchronous: Literal["OFF", "NORMAL", "FULL", "EXTRA"] = "FULL",
        timeout: float = 30.0,
    ) -> None:
        super().__init__()
        text = os.fspath(path)
        if not text or text == ":memory:":
            raise ValueError("a SqliteStore is a file; in memory there is MemoryStore")
        if synchronous not in ("OFF", "NORMAL", "FULL", "EXTRA"):
            raise ValueError("synchronous is OFF, NORMAL, FULL or EXTRA")
        self._path = os.path.abspath(text)
        self._synchronous = synchronous
        self._timeout = timeout
        # Threads of this process queue here, where they wait without asking again and again.
        self._writer = threading.Lock()
        self._connections = Connections(sqlite3.Connection.close)
        weakref.finalize(self, self._connections.close)

    # -- connections ---------------------------------------------------------------------------------------------------

    def _connect(self) -> sqlite3.Connection:
        # SQLite gives the files beside it the same mode.
        os.close(os.open(self._path, os.O_CREAT | os.O_RDWR | getattr(os, "O_CLOEXEC", 0), 0o600))
        connection = sqlite3.connect(self._path, timeout=self._timeout, isolation_level=None, check_same_thread=False)
        try:
            connection.execute(f"PRAGMA synchronous = {self._synchronous}")
            self._use_wal(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    def _use_wal(self, connection: sqlite3.Connection) -> None:
        """Many processes that do it at once get in each other's way, and SQLite does not wait for that by itself."""
        deadline = time.monotonic() + self._timeout
        while True:
            try:
                connection.execute("PRAGMA journal_mode = WAL").fetchone()
                return
            except sqlite3.OperationalError as error:
                if _code(error) != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                    raise
                time.sleep(0.005)

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        """One state of the file for several queries."""
        with self._translated(), self._connections.one(self._connect) as connection:
            yield from _transaction(connection, "BEGIN")

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with self._translated(), self._writer, self._connections.one(self._connect) as connection:
            yield from _transaction(connection, "BEGIN IMMEDIATE")

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            extended = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR)
            short = extended == getattr(sqlite3, "SQLITE_IOERR_SHORT_READ", None)
            if _code(error) in UNAVAILABLE and not short:
                raise StoreUnavailableError(self.kind, getattr(error, "sqlite_errorname", "SQLITE_ERROR")) from None
            raise CorruptCheckpointError(None, "the SQLite file") from None
        except UnicodeDecodeError:  # of a damaged name or text
            raise CorruptCheckpointError(None, "the SQLite file") from None
        except OSError as error:
            if isinstance(error, StepkitError):
                raise
            raise StoreUnavailableError(self.kind, error.strerror or type(error).__name__) from None

    def _setup(self) -> None:
        if self._synchronous in ("OFF", "NORMAL"):
            self._warn(f"this SQLite store has synchronous={self._synchronous}: what it acknowledged last can be lost")
        with self._reading() as connection:
            if self._is_set_up(connection):
                return
        with self._writing() as connection:
            if not self._is_set_up(connection):
                for statement in SCHEMA:
                    connection.execute(statement)
                connection.execute("INSERT INTO stepkit_meta VALUES (?, ?)", (VERSION, digest("version", VERSION)))

    def _is_set_up(self, connection: sqlite3.Connection) -> bool:
        names = "SELECT name FROM sqlite_master WHERE type = 'table' AND name LIKE 'stepkit^_%' ESCAPE '^'"
        there = {name for (name,) in connection.execute(names)} & set(TABLES)
        if not there:
            return False
        row = connection.execute("SELECT version, digest FROM stepkit_meta").fetchone()
        if there != set(TABLES) or row is None or row[1] != digest("version", row[0]):
            raise CorruptCheckpointError(None, "the SQLite file")
        if row[0] > VERSION:
            raise StoreVersionError(self.kind, row[0], VERSION)
        return True

    def _close(self) -> None:
        self._connections.close()


def _transaction(connection: sqlite3.Connection, begin: str) -> Iterator[sqlite3.Connection]:
    connection.execute(begin)
    try:
        yield connection
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def _code(error: sqlite3.Error) -> int:
    return int(getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR)) & 0xFF
