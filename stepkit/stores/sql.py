"""What SQLite and PostgreSQL say alike: the columns, and the queries that must be answered from an index."""

from __future__ import annotations

from collections.abc import Sequence
from operator import attrgetter
from typing import Any

from .contract import Decision, RunRecord, Save, Status

RUN = (
    "id",
    "flow",
    "status",
    "epoch",
    "seq",
    "full_seq",
    "created_at",
    "updated_at",
    "status_at",
    "input_digest",
    "owner",
    "lease_until",
    "step_name",
    "waiting_for",
    "expires_at",
    "due_at",
    "parent",
    "error",
    "cancel_requested",
    "decided",
    "mark",
)
SAVE = ("seq", "kind", "step_name", "payload", "full_save", "epoch", "at")
DECISION = ("gate", "kind", "payload", "by", "reason", "at")

values_of_run = attrgetter(*RUN)


def run_of(values: Sequence[Any]) -> RunRecord:
    row = dict(zip(RUN, values, strict=True))
    row["cancel_requested"] = bool(row["cancel_requested"])
    return RunRecord(**row)


def save_of(values: Sequence[Any]) -> Save:
    seq, kind, step_name, payload, full, epoch, at = values
    return Save(seq=seq, kind=kind, step_name=step_name, payload=payload, full=bool(full), epoch=epoch, at=at)


def decision_of(values: Sequence[Any]) -> Decision:
    gate, kind, payload, by, reason, at = values
    return Decision(gate=gate, kind=kind, payload=payload, by=by, reason=reason, at=at)


def columns(names: Sequence[str], table: str = "") -> str:
    return ", ".join(f'{table}."{name}"' if table else f'"{name}"' for name in names)


def list_query(
    runs: str,
    mark: str,
    gate: str,
    status: Status | None,
    flow: str | None,
    waiting_for: str | None,
    place: tuple[int, str] | None,
    limit: int,
) -> tuple[str, list[Any]]:
    """The runs of a page. ``gate`` is the condition on ``waiting_for`` for which there is an index."""
    conditions: list[str] = []
    values: list[Any] = []
    for column, value in (("flow", flow), ("status", status)):
        if value is not None:
            conditions.append(f"{column} = {mark}")
            values.append(value)
    if waiting_for is not None:
        conditions.append(gate)
        values += [waiting_for] * gate.count(mark)
    if place is not None:
        conditions.append(f"(created_at, id) < ({mark}, {mark})")
        values += place
    where = f"WHERE {' AND '.join(conditions)} " if conditions else ""
    return f"SELECT {{}} FROM {runs} {where}ORDER BY created_at DESC, id DESC LIMIT {mark}", [*values, limit]


DUE = (
    "lease_until IS NOT NULL AND lease_until <= {mark} ORDER BY lease_until",
    "expires_at IS NOT NULL AND expires_at <= {mark} ORDER BY expires_at",
    "due_at IS NOT NULL AND due_at <= {mark} ORDER BY due_at",
    "status = 'pending' AND due_at IS NULL AND status_at <= {mark} ORDER BY status_at",
)


def due_query(runs: str, mark: str, flow: str, now: int, grace: int, limit: int) -> tuple[str, list[Any]]:
    parts: list[str] = []
    values: list[Any] = []
    for condition, moment in zip(DUE, (now, now, now, now - grace), strict=True):
        each = condition.format(mark=mark)
        parts.append(f"SELECT * FROM (SELECT {{}} FROM {runs} WHERE flow = {mark} AND {each} LIMIT {mark}) AS some")
        values += [flow, moment, limit]
    return " UNION ALL ".join(parts) + f" LIMIT {mark}", [*values, limit]


def indexes(runs: str, name: str, gate: str) -> list[str]:
    """The statements that make the indexes; none of their columns changes when a run is saved."""
    there = {
        "created": "(created_at, id)",
        "status": "(status, created_at, id)",
        "flow": "(flow, created_at, id)",
        "flow_status": "(flow, status, created_at, id)",
        "waiting": f"({gate}, created_at, id) WHERE waiting_for IS NOT NULL",
        "age": "(status, status_at)",
        "lease": "(flow, lease_until) WHERE lease_until IS NOT NULL",
        "expires": "(flow, expires_at) WHERE expires_at IS NOT NULL",
        "due": "(flow, due_at) WHERE due_at IS NOT NULL",
        "pending": "(flow, status_at) WHERE status = 'pending' AND due_at IS NULL",
    }
    return [f"CREATE INDEX {name}_{each} ON {runs} {columns}" for each, columns in there.items()]
