"""What SQLite and PostgreSQL say alike: the columns, and the queries that must be answered from an index."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import attrgetter
from typing import Any, TypeAlias

from .contract import Decision, RunRecord, Save, Status

Mark: TypeAlias = Callable[[str], str]
"""How a parameter is written."""

RUN = (
    "id",
    "flow",
    "status",
    "epoch",
    "seq",
    "full_seq",
    "first_seq",
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
    "decided",
    "mark",
    "cancel_requested",
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
    mark: Mark,
    gate: str,
    status: Status | None,
    flow: str | None,
    waiting_for: str | None,
    place: tuple[int, str] | None,
    limit: int,
) -> tuple[str, dict[str, Any]]:
    """The runs of a page. ``gate`` is the condition on ``waiting_for`` for which there is an index."""
    conditions: list[str] = []
    values: dict[str, Any] = {"limit": limit}
    if flow is not None:
        conditions.append(f"flow = {mark('flow')}")
        values["flow"] = flow
    if status is not None:
        conditions.append(f"status = {mark('status')}")
        values["status"] = status
    if waiting_for is not None:
        conditions.append(gate)
        values["gate"] = waiting_for
    if place is not None:
        conditions.append(f"(created_at, id) < ({mark('at')}, {mark('id')})")
        values["at"], values["id"] = place
    where = f"WHERE {' AND '.join(conditions)} " if conditions else ""
    return f"SELECT {{}} FROM {runs} {where}ORDER BY created_at DESC, id DESC LIMIT {mark('limit')}", values


def due_query(runs: str, mark: Mark, now: str) -> str:
    """The runs of :flow that are due, at most :limit; pending ones after :grace. ``now`` is the clock."""
    due = (
        f"lease_until IS NOT NULL AND lease_until <= {now} ORDER BY lease_until",
        f"expires_at IS NOT NULL AND expires_at <= {now} ORDER BY expires_at",
        f"due_at IS NOT NULL AND due_at <= {now} ORDER BY due_at",
        f"status = 'pending' AND due_at IS NULL AND status_at <= {now} - {mark('grace')} ORDER BY status_at",
    )
    first = f"SELECT {{}} FROM {runs} WHERE flow = {mark('flow')} AND"
    parts = [f"SELECT * FROM ({first} {each} LIMIT {mark('limit')}) AS part" for each in due]
    return " UNION ALL ".join(parts) + f" LIMIT {mark('limit')}"


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
