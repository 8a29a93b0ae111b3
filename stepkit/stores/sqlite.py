"""Runs in a SQLite file: the standard library alone, many threads, many processes of one machine."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Any

from ..errors import CorruptCheckpointError, RunNotFoundError
from . import sql
from .contract import Claim, Decision, Lease, RunRecord, RunState, Save, Status
from .digests import decision_digest, digest, save_digest
from .rules import (
    Begun,
    Change,
    Kept,
    NewRun,
    changed,
    claimed,
    created,
    decided,
    first_save,
    found,
    removable,
    saved,
    settled,
)
from .sqlite_file import SqliteFile

PRUNED_AT_ONCE = 200
READ_RUN = f"SELECT {sql.columns(sql.RUN)}, digest FROM stepkit_runs WHERE id = ?"
ADD_SAVE = """INSERT INTO stepkit_saves (run, seq, kind, step_name, full_save, epoch, at, digest, payload)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"""
DROP_SAVES = "DELETE FROM stepkit_saves WHERE run = ? AND seq < ?"


class SqliteStore(SqliteFile):
    """Runs in a SQLite file, which is made with mode 0600. Its clock is that of the machine.

    With ``synchronous="FULL"`` every commit is on disk before it is acknowledged; "NORMAL" and "OFF" are faster, can
    lose the last ones when the machine fails, and warn. A writer waits ``timeout`` seconds for others.
    """

    # -- rows ----------------------------------------------------------------------------------------------------------

    def _row(self, connection: sqlite3.Connection, id: str) -> RunRecord | None:
        values = connection.execute(READ_RUN, (id,)).fetchone()
        if values is not None:
            run = _verified(values)
            if run.id != id:
                raise CorruptCheckpointError(id, "its row")
            return run
        # Damage could hide the row; it cannot hide the saves in the same way.
        if connection.execute("SELECT 1 FROM stepkit_saves WHERE run = ?", (id,)).fetchone() is not None:
            raise CorruptCheckpointError(id, "its row")
        return None

    def _there(self, connection: sqlite3.Connection, id: str) -> RunRecord:
        run = self._row(connection, id)
        if run is None:
            raise RunNotFoundError(id)
        return run

    def _write(self, connection: sqlite3.Connection, old: RunRecord, new: RunRecord) -> None:
        """Update what is not the same: an index is touched only if its columns are named."""
        before, after = sql.values_of_run(old), sql.values_of_run(new)
        changes = [(name, b) for name, a, b in zip(sql.RUN, before, after, strict=True) if a != b]
        names = ", ".join(f"{name} = ?" for name, _ in changes)
        values = [value for _, value in changes]
        query = f"UPDATE stepkit_runs SET {names + ', ' if names else ''}digest = ? WHERE id = ?"
        connection.execute(query, (*values, _row_digest(after), new.id))

    def _rows(
        self, connection: sqlite3.Connection, id: str, first: int, last: int | None = None, limit: int | None = None
    ) -> list[tuple[Save, bool]]:
        query = f"SELECT {sql.columns(sql.SAVE)}, digest FROM stepkit_saves WHERE run = ? AND seq >= ? AND seq <= ?"
        query += " ORDER BY seq LIMIT ?"
        last = 2**62 if last is None else last
        rows = connection.execute(query, (id, first, last, -1 if limit is None else limit))
        found = ((sql.save_of(values[:-1]), values[-1]) for values in rows)
        return [(save, _save_digest(id, save) == stored) for save, stored in found]

    def _state(self, connection: sqlite3.Connection, run: RunRecord, upto: int | None) -> RunState:
        first = run.full_seq
        if upto is not None:
            query = "SELECT max(seq) FROM stepkit_saves WHERE run = ? AND full_save AND seq <= ?"
            first = connection.execute(query, (run.id, upto)).fetchone()[0] or 0
        chain = self._chain(run, self._rows(connection, run.id, first, run.seq if upto is None else upto), upto)
        return RunState(run, chain, self._decisions(connection, run))

    def _decisions(self, connection: sqlite3.Connection, run: RunRecord) -> tuple[Decision, ...]:
        query = f"SELECT {sql.columns(sql.DECISION)}, digest FROM stepkit_decisions WHERE run = ? ORDER BY number"
        rows = connection.execute(query, (run.id,)).fetchall()
        decisions = [sql.decision_of(values[:-1]) for values in rows]
        digests = [_decision_digest(run.id, decision, number) for number, decision in enumerate(decisions, 1)]
        if len(rows) != run.decided or digests != [values[-1] for values in rows]:
            raise CorruptCheckpointError(run.id, "a decision")
        return tuple(decisions)

    def _add_save(self, connection: sqlite3.Connection, id: str, save: Save) -> None:
        values = (id, save.seq, save.kind, save.step_name, save.full, save.epoch, save.at)
        connection.execute(ADD_SAVE, (*values, _save_digest(id, save), save.payload))

    def _add_decision(self, connection: sqlite3.Connection, id: str, made: Decision, number: int) -> None:
        query = 'INSERT INTO stepkit_decisions (run, gate, number, kind, payload, "by", reason, at, digest)'
        values = (id, made.gate, number, made.kind, made.payload, made.by, made.reason, made.at)
        digest = _decision_digest(id, made, number)
        connection.execute(f"{query} VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", (*values, digest))

    # -- operations ----------------------------------------------------------------------------------------------------

    def _create(self, new: NewRun) -> tuple[RunRecord, bool]:
        with self._writing() as connection:
            run = self._row(connection, new.id)
            if run is not None:
                return found(run, new)
            run = created(new, _now())
            values = sql.values_of_run(run)
            marks = ", ".join("?" * (len(values) + 1))
            query = f"INSERT INTO stepkit_runs ({sql.columns(sql.RUN)}, digest) VALUES ({marks})"
            connection.execute(query, (*values, _row_digest(values)))
            self._add_save(connection, run.id, first_save(new, run))
        return run, True

    def _claim(self, id: str, begun: Begun) -> Claim:
        with self._writing() as connection:
            old = self._there(connection, id)
            run = claimed(old, begun, _now())
            state = self._state(connection, run, None)
            self._write(connection, old, run)
        return Claim(state.run, state.saves, state.decisions, old.status)

    def _hold(self, id: str, change: Change) -> Lease | None:
        """Go from the row to the row, without records of what is only passed through."""
        with self._writing() as connection:
            save = change.save
            values = connection.execute(READ_RUN, (id,)).fetchone()
            if values is None or _row_digest(values[:-1]) != values[-1]:
                return None
            row = dict(zip(sql.RUN, values[:-1], strict=True))
            held = (row["id"], row["status"], row["epoch"]) == (id, "running", change.epoch)
            if not held or (save is not None and save.seq != row["seq"] + 1):
                return None
            now = _now()
            changes: dict[str, Any] = {"updated_at": now}
            if save is not None:
                changes |= {"seq": save.seq} | ({"full_seq": save.seq} if save.full else {})
                changes |= {"step_name": save.step_name} if save.kind == "step" else {}
                added = (id, save.seq, save.kind, save.step_name, save.full, change.epoch, now)
                connection.execute(ADD_SAVE, (*added, digest(change.digest, now), save.payload))
            if change.lease is not None:
                changes["lease_until"] = now + change.lease
            row |= changes
            if change.keep_last:
                row["first_seq"] = changes["first_seq"] = row["full_seq"]
                connection.execute(DROP_SAVES, (id, row["full_seq"]))
            names = "".join(f"{name} = ?, " for name in changes)
            query = f"UPDATE stepkit_runs SET {names}digest = ? WHERE id = ?"
            connection.execute(query, (*changes.values(), _row_digest([*row.values()]), id))
            return Lease(row["lease_until"], bool(row["cancel_requested"]))

    def _advance(self, id: str, change: Change) -> RunRecord:
        with self._writing() as connection:
            old = self._there(connection, id)

            def stored(seq: int) -> bytes | None:
                rows = self._rows(connection, id, seq, seq)
                return save_digest(id, rows[0][0], rows[0][0].epoch) if rows and rows[0][1] else None

            def earlier(gate: str) -> Decision | None:
                return next((each for each in self._decisions(connection, old) if each.gate == gate), None)

            left = settled(old, change, stored, earlier)
            if left is None:
                return old
            now = _now()
            run = changed(old, left, now)
            self._write(connection, old, run)
            if left.save is not None:
                self._add_save(connection, id, saved(left.save, change.epoch, now))
            if change.keep_last:
                connection.execute(DROP_SAVES, (id, run.full_seq))
        return run

    def _decide(self, id: str, new: Decision) -> RunRecord:
        with self._writing() as connection:
            old = self._there(connection, id)
            now = _now()
            decisions = self._decisions(connection, old)
            run = decided(old, next((each for each in decisions if each.gate == new.gate), None), new, now)
            if run.decided > old.decided:
                self._add_decision(connection, id, replace(new, at=now), run.decided)
            if run is not old:
                self._write(connection, old, run)
        return run

    def _get(self, id: str) -> RunRecord:
        with self._reading() as connection:
            return self._there(connection, id)

    def _read(self, id: str, upto: int | None) -> RunState:
        with self._reading() as connection:
            return self._state(connection, self._there(connection, id), upto)

    def _saves(self, id: str, after: int, limit: int | None) -> Kept:
        with self._reading() as connection:
            run = self._there(connection, id)
            return Kept(run.first_seq, run.seq, self._rows(connection, id, after + 1, limit=limit))

    def _list(
        self,
        status: Status | None,
        flow: str | None,
        waiting_for: str | None,
        place: tuple[int, str] | None,
        limit: int,
    ) -> Sequence[RunRecord]:
        gate = "waiting_for = :gate"
        return self._runs(*sql.list_query("stepkit_runs", _mark, gate, status, flow, waiting_for, place, limit))

    def _due(self, flow: str, grace: int, limit: int) -> Sequence[RunRecord]:
        query = sql.due_query("stepkit_runs", _mark, ":now")
        return self._runs(query, {"flow": flow, "now": _now(), "grace": grace, "limit": limit})

    def _runs(self, query: str, values: dict[str, Any]) -> Sequence[RunRecord]:
        names = f"{sql.columns(sql.RUN)}, digest"
        with self._reading() as connection:
            return [_verified(row) for row in connection.execute(query.replace("{}", names), values)]

    def _delete(self, id: str) -> bool:
        with self._writing() as connection:
            run = self._row(connection, id)
            if run is None:
                return False
            removable(run, _now())
            _remove(connection, [id])
        return True

    def _prune(self, statuses: Collection[Status], age: int) -> int:
        count = 0
        for status in statuses:
            while True:
                with self._writing() as connection:
                    query = "SELECT id FROM stepkit_runs WHERE status = ? AND status_at <= ? LIMIT ?"
                    rows = connection.execute(query, (status, _now() - age, PRUNED_AT_ONCE)).fetchall()
                    _remove(connection, [id for (id,) in rows])
                count += len(rows)
                if len(rows) < PRUNED_AT_ONCE:
                    break
        return count


def _remove(connection: sqlite3.Connection, ids: list[str]) -> None:
    for table, column in (("stepkit_saves", "run"), ("stepkit_decisions", "run"), ("stepkit_runs", "id")):
        connection.executemany(f"DELETE FROM {table} WHERE {column} = ?", [(id,) for id in ids])


def _save_digest(id: str, save: Save) -> bytes:
    return digest(save_digest(id, save, save.epoch), save.at)


def _decision_digest(id: str, decision: Decision, number: int) -> bytes:
    return digest(decision_digest(id, decision), decision.at, number)


def _row_digest(values: Sequence[Any]) -> bytes:
    flag = values[-1]  # cancel_requested: a bool, or what SQLite keeps of it
    return digest("run", *values[:-1], int(flag) if isinstance(flag, bool) else flag)


def _verified(values: Sequence[Any]) -> RunRecord:
    run, stored = values[:-1], values[-1]
    if _row_digest(run) != stored:
        raise CorruptCheckpointError(run[0] if isinstance(run[0], str) else None, "its row")
    return sql.run_of(run)


def _mark(name: str) -> str:
    return f":{name}"


def _now() -> int:
    return time.time_ns() // 1_000
