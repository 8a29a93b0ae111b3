"""What the PostgreSQL store says to the database: one statement for each operation that changes something.

Each locks the run's row first and reads the clock behind the lock, so that what it decides on is what is there.
"""

from __future__ import annotations

from functools import lru_cache

from . import sql

VERSION = 1
_MICROSECONDS = "(extract(epoch FROM {}) * 1000000)::bigint"
CLOCK = _MICROSECONDS.format("clock_timestamp()")
STABLE_CLOCK = _MICROSECONDS.format("now()")
"""That of the statement's begin, by which an index can be searched."""


def mark(name: str) -> str:
    return f"%({name})s" if name not in ("grace", "limit", "at") else f"%({name})s::bigint"


class Statements:
    """The statements for one schema."""

    def __init__(self, schema: str) -> None:
        quoted = '"' + schema.replace('"', '""').replace("%", "%%") + '"'
        self.schema = quoted
        self.runs, self.saves = f"{quoted}.runs", f"{quoted}.saves"
        self.decisions, self.meta = f"{quoted}.decisions", f"{quoted}.meta"
        self.save = lru_cache(self._advance)

    def tables(self) -> list[str]:
        name = 'text COLLATE "C"'
        return [
            f"""CREATE TABLE {self.runs} (
                id {name} PRIMARY KEY, flow {name} NOT NULL, status {name} NOT NULL,
                epoch bigint NOT NULL, seq bigint NOT NULL, full_seq bigint NOT NULL, first_seq bigint NOT NULL,
                created_at bigint NOT NULL, updated_at bigint NOT NULL, status_at bigint NOT NULL,
                input_digest text NOT NULL, owner text, lease_until bigint, step_name text, waiting_for text,
                expires_at bigint, due_at bigint, parent text, error bytea,
                cancel_requested boolean NOT NULL DEFAULT false, decided bigint NOT NULL DEFAULT 0, mark text NOT NULL
            )""",
            f"""CREATE TABLE {self.saves} (
                run {name} NOT NULL REFERENCES {self.runs} ON DELETE CASCADE, seq bigint NOT NULL, kind text NOT NULL,
                step_name text, full_save boolean NOT NULL, epoch bigint NOT NULL, at bigint NOT NULL,
                digest bytea NOT NULL, payload bytea NOT NULL,
                PRIMARY KEY (run, seq)
            )""",
            f"""CREATE TABLE {self.decisions} (
                run {name} NOT NULL REFERENCES {self.runs} ON DELETE CASCADE, gate text NOT NULL,
                number bigint NOT NULL, kind text NOT NULL, "by" text, reason text, at bigint NOT NULL,
                digest bytea NOT NULL, payload bytea
            )""",
            # a gate's path may be longer than what an index takes
            f"CREATE UNIQUE INDEX decisions_gate ON {self.decisions} (run, md5(gate))",
            f"CREATE TABLE {self.meta} (version integer NOT NULL)",
            *sql.indexes(self.runs, "runs", "md5(waiting_for)"),
        ]

    # -- reading -------------------------------------------------------------------------------------------------------

    def look(self) -> str:
        return f"SELECT {sql.columns(sql.RUN)}, {CLOCK} FROM {self.runs} WHERE id = %(id)s"

    def read(self, *, upto: bool) -> str:
        first, last = "n.full_seq", ""
        if upto:
            first = f"""coalesce((SELECT max(seq) FROM {self.saves}
                WHERE run = n.id AND full_save AND seq <= %(upto)s::bigint), 0)"""
            last = "AND seq <= %(upto)s::bigint"
        n = f"(SELECT *, ''::text AS previous, {CLOCK} AS now FROM {self.runs} WHERE id = %(id)s) AS n"
        return self._with_items(n, first, last)

    def _with_items(self, n: str, first: str = "n.full_seq", last: str = "") -> str:
        """The run, repeated before each of its saves and decisions."""
        return f"""SELECT {sql.columns(sql.RUN, "n")}, n.previous, n.now, item.* FROM {n} LEFT JOIN LATERAL (
            SELECT 0 AS what, seq AS number, kind, step_name AS name, payload, full_save, epoch, at, digest,
                NULL::text AS "by", NULL::text AS reason
                FROM {self.saves} WHERE run = n.id AND seq >= {first} {last}
            UNION ALL
            SELECT 1, number, kind, gate, payload, NULL, NULL, at, digest, "by", reason
                FROM {self.decisions} WHERE run = n.id
        ) AS item ON true ORDER BY item.what, item.number"""

    def history(self) -> str:
        return f"""SELECT n.first_seq, n.seq, {sql.columns(sql.SAVE, "s")}, s.digest FROM {self.runs} AS n
            LEFT JOIN {self.saves} AS s ON s.run = n.id AND s.seq > %(after)s::bigint
            WHERE n.id = %(id)s ORDER BY s.seq LIMIT %(limit)s::bigint"""

    def due(self) -> str:
        query = sql.due_query(self.runs, mark, STABLE_CLOCK)
        return query.replace("{}", sql.columns(sql.RUN))

    # -- changing ------------------------------------------------------------------------------------------------------

    def create(self) -> str:
        return f"""WITH made AS (
            INSERT INTO {self.runs} (id, flow, status, epoch, seq, full_seq, first_seq,
                created_at, updated_at, status_at, input_digest, owner, lease_until, step_name, due_at, parent, mark)
            SELECT %(id)s, %(flow)s, %(status)s, %(epoch)s::bigint, 0, 0, 0, now, now, now,
                %(input_digest)s, %(owner)s, now + %(lease)s::bigint, %(step_name)s, now + %(due_in)s::bigint,
                %(parent)s, %(mark)s
            FROM (SELECT {CLOCK} AS now) AS clock
            ON CONFLICT (id) DO NOTHING RETURNING *
        ), saved AS (
            INSERT INTO {self.saves} (run, seq, kind, step_name, full_save, epoch, at, digest, payload)
            SELECT id, 0, 'input', step_name, true, epoch, created_at, %(digest)s, %(payload)s FROM made
        )
        SELECT {sql.columns(sql.RUN)} FROM made"""

    def _locked(self) -> str:
        return f"""locked AS MATERIALIZED (SELECT * FROM {self.runs} WHERE id = %(id)s FOR UPDATE),
        old AS MATERIALIZED (SELECT *, {CLOCK} AS now FROM locked)"""

    def claim(self) -> str:
        new = f"""UPDATE {self.runs} AS r SET status = 'running', epoch = r.epoch + 1, owner = %(owner)s,
            lease_until = old.now + %(lease)s::bigint, due_at = NULL, updated_at = old.now, status_at = old.now,
            mark = %(mark)s || ' ' || old.status
            FROM old WHERE r.id = old.id AND old.status = ANY(%(statuses)s)
                AND NOT (old.status = 'running' AND coalesce(old.lease_until, 0) > old.now)
            RETURNING r.*, old.status AS previous, old.now AS now"""
        return f"WITH {self._locked()}, n AS ({new}) {self._with_items('n')}"

    def _advance(self, save: bool, full: bool, step: bool, lease: bool, end: bool, waits: bool, keep_last: bool) -> str:
        changes = ["updated_at = old.now"]
        fits = ["r.id = old.id", "old.status = 'running'", "old.epoch = %(epoch)s::bigint"]
        more = []
        if save:
            changes += ["seq = %(seq)s::bigint"]
            changes += ["full_seq = %(seq)s::bigint"] if full else []
            changes += ["step_name = %(step_name)s"] if step else []
            fits.append("old.seq = %(seq)s::bigint - 1")
            more.append(f"""saved AS (
                INSERT INTO {self.saves} (run, seq, kind, step_name, full_save, epoch, at, digest, payload)
                SELECT id, seq, %(kind)s, %(step_name)s, {"true" if full else "false"}, epoch, updated_at, %(digest)s,
                    %(payload)s FROM n)""")
        if lease and not end:
            changes.append("lease_until = old.now + %(lease)s::bigint")
        if end:
            given_up = "(old.cancel_requested AND %(status)s IN ('waiting', 'stopped', 'pending'))"
            changes += [
                "owner = NULL",
                "lease_until = NULL",
                "status_at = old.now",
                "mark = %(mark)s",
                "error = %(error)s",
                f"status = CASE WHEN {given_up} THEN 'cancelled' ELSE %(status)s END",
                f"waiting_for = CASE WHEN {given_up} THEN NULL ELSE %(waiting_for)s END",
                f"expires_at = CASE WHEN {given_up} THEN NULL ELSE old.now + %(expires_in)s::bigint END",
                f"due_at = CASE WHEN {given_up} THEN NULL ELSE old.now + %(due_in)s::bigint END",
                "cancel_requested = old.cancel_requested AND %(status)s <> 'failed'",
            ]
        if waits:
            fits.append(f"NOT EXISTS ({self._decision('%(waiting_for)s')})")
        if keep_last:
            changes.append(f"first_seq = {'%(seq)s::bigint' if full else 'r.full_seq'}")
            more.append(f"dropped AS (DELETE FROM {self.saves} AS s USING n WHERE s.run = n.id AND s.seq < n.full_seq)")
        update = f"""UPDATE {self.runs} AS r SET {", ".join(changes)} FROM old
            WHERE {" AND ".join(fits)} RETURNING r.*"""
        parts = ", ".join([self._locked(), f"n AS ({update})", *more])
        return f"WITH {parts} SELECT {'lease_until, cancel_requested' if not end else sql.columns(sql.RUN)} FROM n"

    def _decision(self, gate: str) -> str:
        return (
            f"SELECT FROM {self.decisions} AS d WHERE d.run = old.id AND md5(d.gate) = md5({gate}) AND d.gate = {gate}"
        )

    def decide(self, kind: str) -> str:
        if kind == "cancel":
            runs = "(old.status = 'running' AND coalesce(old.lease_until, 0) > old.now)"
            fits = "NOT old.cancel_requested AND old.status NOT IN ('completed', 'rejected', 'expired', 'cancelled')"
            more = f"cancel_requested = true, decided = old.decided + (NOT EXISTS ({self._decision('%(gate)s')}))::int"
            status, status_at = "'cancelled'", f"CASE WHEN {runs} THEN old.status_at ELSE old.now END"
        else:
            runs = "false"
            over = "coalesce(old.expires_at <= old.now, false)"
            fits = f"""old.status = 'waiting' AND old.waiting_for = %(gate)s
                AND {"" if kind == "expire" else "NOT"} {over} AND NOT EXISTS ({self._decision("%(gate)s")})"""
            more = "decided = old.decided + 1"
            status = {"approve": "'pending'", "reject": "'rejected'", "expire": "'expired'"}[kind]
            status_at = "old.now"
        kept = {name: f"CASE WHEN {runs} THEN old.{name} END" for name in ("owner", "lease_until")}
        update = f"""UPDATE {self.runs} AS r SET updated_at = old.now, status_at = {status_at},
            status = CASE WHEN {runs} THEN old.status ELSE {status} END, owner = {kept["owner"]},
            lease_until = {kept["lease_until"]}, waiting_for = NULL, expires_at = NULL, due_at = NULL, {more}
            FROM old WHERE r.id = old.id AND {fits} RETURNING r.*"""
        return f"""WITH {self._locked()}, n AS ({update}), made AS (
            INSERT INTO {self.decisions} (run, gate, number, kind, payload, "by", reason, at, digest)
            SELECT id, %(gate)s, decided, %(kind)s, %(payload)s, %(by)s, %(reason)s, updated_at, %(digest)s FROM n
            ON CONFLICT DO NOTHING
        ) SELECT {sql.columns(sql.RUN)} FROM n"""

    def give_back(self) -> str:
        return f"""UPDATE {self.runs} SET status = %(status)s, owner = NULL,
            lease_until = CASE WHEN %(status)s = 'running' THEN 0 END
            WHERE id = %(id)s AND epoch = %(epoch)s::bigint RETURNING id"""

    def delete(self) -> str:
        return f"""DELETE FROM {self.runs} WHERE id = %(id)s
            AND NOT (status = 'running' AND coalesce(lease_until, 0) > {CLOCK}) RETURNING id"""

    def prune(self) -> str:
        return f"""DELETE FROM {self.runs} WHERE id IN (
            SELECT id FROM {self.runs} WHERE status = %(status)s AND status_at <= {STABLE_CLOCK} - %(age)s::bigint
            LIMIT %(limit)s::bigint FOR UPDATE SKIP LOCKED) RETURNING id"""
