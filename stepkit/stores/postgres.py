"""Runs in PostgreSQL, by psycopg 3."""

from __future__ import annotations

import contextlib
import hashlib
import weakref
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeAlias

from ..errors import (
    CorruptCheckpointError,
    RunNotFoundError,
    StoreUnavailableError,
    StoreVersionError,
)
from ..ids import checked_name
from . import sql
from .base import BaseStore
from .connections import Connections, known_reason
from .contract import Claim, Decision, Lease, RunRecord, RunState, Save, Status
from .digests import decision_digest, save_digest, with_digest, without_digest
from .postgres_sql import VERSION, Statements, mark
from .rules import (
    Begun,
    Change,
    Kept,
    NewRun,
    claimed,
    claimed_before,
    created,
    decided,
    first_save,
    found,
    removable,
    settled,
)

if TYPE_CHECKING:
    import psycopg
    from psycopg_pool import ConnectionPool

    Connection: TypeAlias = psycopg.Connection[Any]

ATTEMPTS = 20
"""How often a statement is tried that others got in the way of, though nothing stands against it."""
PRUNED_AT_ONCE = 500


class PostgresStore(BaseStore):
    """Runs in a schema of a PostgreSQL database. Its clock is that of the server.

    It takes a URL (or a libpq connection string) and opens up to ``connections`` of its own, or a ``psycopg_pool``
    ``ConnectionPool``, best one with ``kwargs={"autocommit": True}``. It makes the schema, unless it is there.
    """

    kind = "PostgreSQL"
    _connections: Connections[Connection] | _Pool

    def __init__(self, url: str | ConnectionPool[Any], *, schema: str = "stepkit", connections: int = 10) -> None:
        super().__init__()
        try:
            import psycopg
            from psycopg.rows import tuple_row
        except ImportError:
            raise ImportError('the PostgreSQL store needs psycopg: pip install "stepkit[postgres]"') from None
        self._psycopg = psycopg
        self._row_factory = tuple_row
        if len(checked_name(schema, "the schema's name").encode()) > 63:
            raise ValueError("the name of a PostgreSQL schema has at most 63 bytes")
        self._schema = schema
        self._statements = Statements(schema)
        if isinstance(url, str):
            self._connect = self._connector(url)
            self._connections = Connections(psycopg.Connection.close, connections)
            weakref.finalize(self, self._connections.close)
        else:
            self._connect = url.getconn  # which the pool calls by itself
            self._connections = _Pool(url)

    # -- the database --------------------------------------------------------------------------------------------------

    def _connector(self, url: str) -> Callable[[], Connection]:
        from psycopg.conninfo import conninfo_to_dict

        psycopg = self._psycopg
        try:
            options = conninfo_to_dict(url)
        except psycopg.Error:
            raise ValueError("the URL of the PostgreSQL store cannot be read") from None  # which has the password
        options = {"connect_timeout": 10, "tcp_user_timeout": 30_000, "application_name": "stepkit", **options}

        def connect() -> Connection:
            try:
                made: Connection = psycopg.Connection.connect(**options, autocommit=True)
            except psycopg.Error as error:
                raise self._unavailable(error) from None
            return made

        return connect

    def _unavailable(self, error: Exception) -> StoreUnavailableError:
        state = getattr(error, "sqlstate", None)
        name = type(error).__name__ + (f", SQLSTATE {state}" if state else "")
        return StoreUnavailableError(self.kind, known_reason(str(error), name))

    def _rows(self, statement: str, values: dict[str, Any]) -> list[tuple[Any, ...]]:
        """Execute a statement that can be repeated; once more if the connection was lost or others got in its way."""
        psycopg = self._psycopg
        attempts = 0
        while True:
            attempts += 1
            try:
                return self._execute(statement, values)
            except (psycopg.errors.SerializationFailure, psycopg.errors.DeadlockDetected) as error:
                if attempts > ATTEMPTS:
                    raise self._unavailable(error) from None
            except (psycopg.OperationalError, psycopg.InterfaceError) as error:
                if attempts > 1:
                    raise self._unavailable(error) from None
                self._connections.close()  # the idle ones will have been lost too
            except psycopg.Error as error:
                raise self._unavailable(error) from None

    def _execute(self, statement: str, values: dict[str, Any]) -> list[tuple[Any, ...]]:
        with self._connections.one(self._connect) as connection:
            with connection.cursor(binary=True, row_factory=self._row_factory) as cursor:
                cursor.execute(statement.encode(), values)
                rows = cursor.fetchall()
            if not connection.autocommit:
                connection.commit()
            return rows

    def _setup(self) -> None:
        promises = "SELECT current_setting('synchronous_commit'), current_setting('fsync')"
        ((commit, fsync),) = self._rows(promises, {})
        for setting, value in (("synchronous_commit", commit), ("fsync", fsync)):
            if value == "off":
                message = f"this PostgreSQL has {setting}=off: what it acknowledged last can be lost"
                self._warn(message)
        if self._version() is not None:
            return
        try:
            with self._connections.one(self._connect) as connection, connection.transaction():
                self._make(connection)
        except self._psycopg.Error as error:
            raise self._unavailable(error) from None

    def _make(self, connection: Connection) -> None:
        """Make schema and tables under a lock that keeps others out until they are there."""
        number = int.from_bytes(hashlib.sha256(f"stepkit {self._schema}".encode()).digest()[:8], "big", signed=True)
        connection.execute("SELECT pg_advisory_xact_lock(%s::bigint)", (number,))
        if self._version(connection) is not None:
            return
        there = connection.execute("SELECT FROM pg_namespace WHERE nspname = %s", (self._schema,)).fetchone()
        made = [] if there is not None else [f"CREATE SCHEMA {self._statements.schema}"]
        for statement in [*made, *self._statements.tables()]:
            connection.execute(statement.replace("%%", "%").encode())
        connection.execute(f"INSERT INTO {self._statements.meta} VALUES (%s)".encode(), (VERSION,))

    def _version(self, connection: Connection | None = None) -> int | None:
        def rows(statement: str, values: dict[str, Any]) -> list[tuple[Any, ...]]:
            if connection is None:
                return self._rows(statement, values)
            return connection.execute(statement.encode(), values).fetchall()

        there = """SELECT 1 FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
            WHERE n.nspname = %(schema)s AND c.relname = 'meta'"""
        if not rows(there, {"schema": self._schema}):
            return None
        version = rows(f"SELECT version FROM {self._statements.meta}", {})[0][0]
        if version > VERSION:
            raise StoreVersionError(self.kind, version, VERSION)
        return int(version)

    def _close(self) -> None:
        self._connections.close()

    # -- rows ----------------------------------------------------------------------------------------------------------

    def _look(self, id: str) -> tuple[RunRecord, int]:
        """The run and the time. Raises ``RunNotFoundError``."""
        rows = self._rows(self._statements.look(), {"id": id})
        if not rows:
            raise RunNotFoundError(id)
        return _run(rows[0][:-1]), rows[0][-1]

    def _whole(self, rows: list[tuple[Any, ...]], upto: int | None) -> tuple[RunState, str, int]:
        """The state of a run, its status before, and the time, from rows that are the run and one item each."""
        size = len(sql.RUN)
        run, previous, now = _run(rows[0][:size]), rows[0][size], rows[0][size + 1]
        saves: list[tuple[Save, bool]] = []
        decisions: list[Decision] = []
        for row in rows:
            what, number, kind, name, payload, full, epoch, at, digest, by, reason = row[size + 2 :]
            if what == 0:
                save = sql.save_of((number, kind, name, payload, full, epoch, at))
                saves.append((save, save_digest(run.id, save, epoch) == digest))
            elif what == 1:
                decision = Decision(gate=name, kind=kind, payload=payload, by=by, reason=reason, at=at)
                if decision_digest(run.id, decision) != digest:
                    raise CorruptCheckpointError(run.id, "a decision")
                decisions.append(decision)
        if len(decisions) != run.decided:
            raise CorruptCheckpointError(run.id, "a decision")
        return RunState(run, self._chain(run, saves, upto), tuple(decisions)), previous, now

    def _state(self, id: str, upto: int | None = None) -> tuple[RunState, int]:
        rows = self._rows(self._statements.read(upto=upto is not None), {"id": id, "upto": upto})
        if not rows:
            raise RunNotFoundError(id)
        state, _, now = self._whole(rows, upto)
        return state, now

    # -- operations ----------------------------------------------------------------------------------------------------

    def _create(self, new: NewRun) -> tuple[RunRecord, bool]:
        planned = created(new, 0)
        values = {name: getattr(new, name) for name in ("id", "flow", "input_digest", "owner", "step_name", "due_in")}
        values |= {"parent": new.parent, "mark": new.mark, "payload": new.payload, "status": planned.status}
        values |= {"epoch": planned.epoch, "lease": None if new.owner is None else new.lease}
        values["digest"] = save_digest(new.id, first_save(new, planned), planned.epoch)
        for _ in range(ATTEMPTS):
            if rows := self._rows(self._statements.create(), values):
                return _run(rows[0]), True
            with contextlib.suppress(RunNotFoundError):  # deleted meanwhile
                return found(self._look(new.id)[0], new)
        raise StoreUnavailableError(self.kind, "the run came and went")

    def _claim(self, id: str, begun: Begun) -> Claim:
        values = {"id": id, "owner": begun.owner, "lease": begun.lease, "mark": begun.mark}
        values["statuses"] = [*begun.statuses]
        for _ in range(ATTEMPTS):
            rows = self._rows(self._statements.claim(), values)
            if rows:
                return self._claimed(id, rows)
            run, now = self._look(id)
            if (previous := claimed_before(run, begun)) is not None:
                state, _ = self._state(id)
                return Claim(state.run, state.saves, state.decisions, previous)
            claimed(run, begun, now)
        raise StoreUnavailableError(self.kind, "others were always first")

    def _claimed(self, id: str, rows: list[tuple[Any, ...]]) -> Claim:
        run, previous = _run(rows[0][: len(sql.RUN)]), rows[0][len(sql.RUN)]
        try:
            try:
                state = self._whole(rows, None)[0]
            except CorruptCheckpointError:
                # What was written while the statement waited for its lock is in the row, but not among the saves.
                state, _ = self._state(id)
        except CorruptCheckpointError:
            self._rows(self._statements.give_back(), {"id": id, "epoch": run.epoch, "status": previous})
            raise
        return Claim(run, state.saves, state.decisions, previous)

    def _hold(self, id: str, change: Change) -> Lease | None:
        rows = self._written(id, change)
        return Lease(*rows[0]) if rows else None

    def _advance(self, id: str, change: Change) -> RunRecord:
        for _ in range(ATTEMPTS):
            if rows := self._written(id, change):
                return self._look(id)[0] if change.end is None else _run(rows[0])
            run, left = self._left(id, change)
            if left is None:
                return run
            change = left
        raise StoreUnavailableError(self.kind, "others were always first")

    def _written(self, id: str, change: Change) -> list[tuple[Any, ...]]:
        """What the statement gives, which is nothing if something stood against it."""
        save, end = change.save, change.end
        statement = self._statements.save(
            save is not None,
            save is not None and save.full,
            save is not None and save.kind == "step",
            change.lease is not None,
            end is not None,
            end is not None and end.waiting_for is not None,
            change.keep_last,
        )
        values: dict[str, Any] = {"id": id, "epoch": change.epoch, "lease": change.lease, "mark": change.mark}
        if save is not None:
            values |= {"seq": save.seq, "step_name": save.step_name, "kind": save.kind, "payload": save.payload}
            values["digest"] = change.digest
        if end is not None:
            values |= {"status": end.status, "waiting_for": end.waiting_for, "expires_in": end.expires_in}
            values["due_in"] = end.due_in
            values["error"] = None if end.error is None else with_digest(end.error, "error", id)
        return self._rows(statement, values)

    def _left(self, id: str, change: Change) -> tuple[RunRecord, Change | None]:
        run, _ = self._look(id)

        def stored(seq: int) -> bytes | None:
            query = f"SELECT digest FROM {self._statements.saves} WHERE run = %(id)s AND seq = %(seq)s::bigint"
            rows = self._rows(query, {"id": id, "seq": seq})
            return rows[0][0] if rows else None

        def earlier(gate: str) -> Decision | None:
            return next((each for each in self._state(id)[0].decisions if each.gate == gate), None)

        return run, settled(run, change, stored, earlier)

    def _decide(self, id: str, new: Decision) -> RunRecord:
        values = {"id": id, "gate": new.gate, "kind": new.kind, "payload": new.payload, "by": new.by}
        values |= {"reason": new.reason, "digest": decision_digest(id, new)}
        for _ in range(ATTEMPTS):
            if rows := self._rows(self._statements.decide(new.kind), values):
                return _run(rows[0])
            state, now = self._state(id)
            earlier = next((each for each in state.decisions if each.gate == new.gate), None)
            if decided(state.run, earlier, new, now) is state.run:
                return state.run
        raise StoreUnavailableError(self.kind, "others were always first")

    def _get(self, id: str) -> RunRecord:
        return self._look(id)[0]

    def _read(self, id: str, upto: int | None) -> RunState:
        return self._state(id, upto)[0]

    def _saves(self, id: str, after: int, limit: int | None) -> Kept:
        rows = self._rows(self._statements.history(), {"id": id, "after": after, "limit": limit})
        if not rows:
            raise RunNotFoundError(id)
        saves = [(sql.save_of(row[2:-1]), row[-1]) for row in rows if row[2] is not None]
        checked = [(save, save_digest(id, save, save.epoch) == digest) for save, digest in saves]
        return Kept(rows[0][0], rows[0][1], checked)

    def _list(
        self,
        status: Status | None,
        flow: str | None,
        waiting_for: str | None,
        place: tuple[int, str] | None,
        limit: int,
    ) -> Sequence[RunRecord]:
        gate = "md5(waiting_for) = md5(%(gate)s) AND waiting_for = %(gate)s"
        query, values = sql.list_query(self._statements.runs, mark, gate, status, flow, waiting_for, place, limit)
        return [_run(row) for row in self._rows(query.replace("{}", sql.columns(sql.RUN)), values)]

    def _due(self, flow: str, grace: int, limit: int) -> Sequence[RunRecord]:
        values = {"flow": flow, "grace": grace, "limit": limit}
        return [_run(row) for row in self._rows(self._statements.due(), values)]

    def _delete(self, id: str) -> bool:
        for _ in range(ATTEMPTS):
            if self._rows(self._statements.delete(), {"id": id}):
                return True
            try:
                run, now = self._look(id)
            except RunNotFoundError:
                return False
            removable(run, now)
        raise StoreUnavailableError(self.kind, "others were always first")

    def _prune(self, statuses: Collection[Status], age: int) -> int:
        count = 0
        for status in statuses:
            values = {"status": status, "age": age, "limit": PRUNED_AT_ONCE}
            while True:
                removed = len(self._rows(self._statements.prune(), values))
                count += removed
                if removed < PRUNED_AT_ONCE:
                    break
        return count


class _Pool:
    """The user's pool, which it opens and closes."""

    def __init__(self, pool: ConnectionPool[Any]) -> None:
        if not hasattr(pool, "connection"):
            raise TypeError(f"a PostgresStore takes a URL or a ConnectionPool, not {type(pool).__qualname__}")
        self._pool = pool

    @contextlib.contextmanager
    def one(self, _: object) -> Iterator[Connection]:
        with self._pool.connection() as connection:
            yield connection

    def close(self) -> None:
        """Have the pool throw away what no longer works; it stays open."""
        self._pool.check()


def _run(values: Sequence[Any]) -> RunRecord:
    run = sql.run_of(values)
    if run.error is None:
        return run
    error = without_digest(run.error, "error", run.id)
    if error is None:
        raise CorruptCheckpointError(run.id, "its error")
    return replace(run, error=error)
