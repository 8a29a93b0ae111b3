"""What may happen to a run, and what it is afterwards: pure functions of its row.

Every store follows them. Those that change a row in the database's own language ask them what stood against it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from ..errors import (
    AlreadyDecidedError,
    RunClaimedError,
    RunConflictError,
    RunExpiredError,
    RunLostError,
    RunStatusError,
)
from .contract import CLAIMABLE, FINAL, Decision, NewSave, RunRecord, Save, Status, as_datetime

GIVEN_UP_WHEN_CANCELLED: tuple[Status, ...] = ("waiting", "stopped", "pending")
"""What a run does not become when it was to be cancelled."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRun:
    id: str
    flow: str
    payload: bytes
    input_digest: str
    step_name: str | None
    parent: str | None
    due_in: int | None
    owner: str | None
    lease: int
    mark: str


class Kept(NamedTuple):
    """Saves in order, each with whether it is undamaged; the numbers of the first and the last that the run has."""

    first: int
    last: int
    rows: Sequence[tuple[Save, bool]]


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    status: Status
    error: bytes | None
    waiting_for: str | None
    expires_in: int | None
    due_in: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What an owner tells of its run: a save, that it goes on, or how it ended."""

    epoch: int
    save: NewSave | None = None
    digest: bytes | None = None
    """The save's."""
    keep_last: bool = False
    lease: int | None = None
    end: End | None = None
    mark: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """What a claim is to be."""

    owner: str
    lease: int
    statuses: Collection[Status]
    mark: str


def created(new: NewRun, now: int) -> RunRecord:
    claimed = new.owner is not None
    return RunRecord(
        id=new.id,
        flow=new.flow,
        status="running" if claimed else "pending",
        epoch=1 if claimed else 0,
        seq=0,
        full_seq=0,
        created_at=now,
        updated_at=now,
        status_at=now,
        input_digest=new.input_digest,
        owner=new.owner,
        lease_until=now + new.lease if claimed else None,
        step_name=new.step_name,
        due_at=None if new.due_in is None else now + new.due_in,
        parent=new.parent,
        mark=new.mark,
    )


def first_save(new: NewRun, run: RunRecord) -> Save:
    return Save(
        seq=0,
        kind="input",
        step_name=new.step_name,
        payload=new.payload,
        full=True,
        epoch=run.epoch,
        at=run.created_at,
    )


def saved(save: NewSave, epoch: int, now: int) -> Save:
    return Save(
        seq=save.seq,
        kind=save.kind,
        step_name=save.step_name,
        payload=save.payload,
        full=save.full,
        epoch=epoch,
        at=now,
    )


def found(run: RunRecord, new: NewRun) -> tuple[RunRecord, bool]:
    """The run that was there when ``new`` was to be created, and whether it is that very one."""
    if (run.flow, run.input_digest) != (new.flow, new.input_digest):
        raise RunConflictError(run.id, run.flow)
    return run, run.mark == new.mark


def claimed(run: RunRecord, begun: Begun, now: int) -> RunRecord:
    """The run as it is once claimed. Raises what stands against it."""
    if run.status not in begun.statuses:
        raise RunStatusError(run.id, run.status, "claimed", run.waiting_for)
    if run.status == "running" and run.lease_until is not None and run.lease_until > now:
        raise RunClaimedError(run.id, run.owner or "", as_datetime(run.lease_until))
    return replace(
        run,
        status="running",
        epoch=run.epoch + 1,
        owner=begun.owner,
        lease_until=now + begun.lease,
        due_at=None,
        updated_at=now,
        status_at=now,
        mark=f"{begun.mark} {run.status}",
    )


def claimed_before(run: RunRecord, begun: Begun) -> Status | None:
    """The status before this very claim, if it was made already and only its reply was lost."""
    mark, _, previous = run.mark.partition(" ")
    return next((each for each in CLAIMABLE if each == previous), None) if mark == begun.mark else None


def settled(
    run: RunRecord,
    change: Change,
    stored: Callable[[int], bytes | None],
    earlier: Callable[[str], Decision | None],
) -> Change | None:
    """What is left to do of a change: all of it, what was not there yet, or None. Raises what stands against it.

    ``stored`` gives the digest of a save, ``earlier`` the decision of a gate.
    """
    if change.end is not None and (run.epoch, run.mark) == (change.epoch, change.mark):
        return None
    if run.status != "running" or run.epoch != change.epoch:
        raise RunLostError(run.id, change.epoch, run.status, run.epoch)
    save = change.save
    if save is not None and save.seq != run.seq + 1:
        if save.seq > run.seq or stored(save.seq) != change.digest:
            raise ValueError(f'run "{run.id}": the next save is number {run.seq + 1}, not another number {save.seq}')
        change = replace(change, save=None, digest=None)
        if change.end is None and change.lease is None:
            return None
    if change.end is not None and change.end.waiting_for is not None:
        decision = earlier(change.end.waiting_for)
        if decision is not None:
            raise already_decided(run, decision)
    return change


def changed(run: RunRecord, change: Change, now: int) -> RunRecord:
    """The run after a settled change."""
    save = change.save
    full_seq = save.seq if save is not None and save.full else run.full_seq
    run = replace(
        run,
        updated_at=now,
        seq=run.seq if save is None else save.seq,
        full_seq=full_seq,
        first_seq=full_seq if change.keep_last else run.first_seq,
        step_name=save.step_name if save is not None and save.kind == "step" else run.step_name,
        lease_until=run.lease_until if change.lease is None else now + change.lease,
    )
    return run if change.end is None else _ended(run, change.end, change.mark, now)


def _ended(run: RunRecord, end: End, mark: str, now: int) -> RunRecord:
    given_up = run.cancel_requested and end.status in GIVEN_UP_WHEN_CANCELLED
    return replace(
        run,
        status="cancelled" if given_up else end.status,
        owner=None,
        lease_until=None,
        status_at=now,
        error=end.error,
        waiting_for=None if given_up else end.waiting_for,
        expires_at=None if given_up or end.expires_in is None else now + end.expires_in,
        due_at=None if given_up or end.due_in is None else now + end.due_in,
        cancel_requested=run.cancel_requested and end.status != "failed",
        mark=mark,
    )


def decided(run: RunRecord, earlier: Decision | None, new: Decision, now: int) -> RunRecord:
    """The run after a decision; the very same object if it changes nothing. Raises what stands against it.

    ``earlier`` is the recorded decision of the same gate.
    """
    if new.kind == "cancel":
        return _cancelled(run, earlier, now)
    if earlier is not None:
        if _same(earlier, new):
            return run
        raise already_decided(run, earlier)
    if run.status != "waiting" or run.waiting_for != new.gate:
        raise RunStatusError(run.id, run.status, f'told to {new.kind} gate "{new.gate}"', run.waiting_for)
    over = run.expires_at is not None and run.expires_at <= now
    if new.kind == "expire" and not over:
        raise RunStatusError(run.id, run.status, f'told to expire gate "{new.gate}" before its time', run.waiting_for)
    if new.kind != "expire" and over:
        raise RunExpiredError(run.id, new.gate, as_datetime(run.expires_at or now))
    statuses: dict[str, Status] = {"approve": "pending", "reject": "rejected", "expire": "expired"}
    return _released(run, statuses[new.kind], now, decided=run.decided + 1)


def already_decided(run: RunRecord, earlier: Decision) -> AlreadyDecidedError | RunExpiredError:
    at = as_datetime(earlier.at)
    if earlier.kind == "expire":
        return RunExpiredError(run.id, earlier.gate, at)
    return AlreadyDecidedError(run.id, earlier.gate, earlier.kind, earlier.by, at)


def _same(earlier: Decision, new: Decision) -> bool:
    return replace(earlier, at=0) == replace(new, at=0)


def _cancelled(run: RunRecord, earlier: Decision | None, now: int) -> RunRecord:
    if run.status == "cancelled" or run.cancel_requested:
        return run
    if run.status in FINAL:
        raise RunStatusError(run.id, run.status, "cancelled")
    count = run.decided + (earlier is None)
    if run.status == "running" and run.lease_until is not None and run.lease_until > now:
        return replace(run, cancel_requested=True, decided=count, updated_at=now)
    return _released(run, "cancelled", now, decided=count, cancel_requested=True)


def _released(run: RunRecord, status: Status, now: int, *, decided: int, cancel_requested: bool = False) -> RunRecord:
    return replace(
        run,
        status=status,
        owner=None,
        lease_until=None,
        waiting_for=None,
        expires_at=None,
        due_at=None,
        updated_at=now,
        status_at=now,
        decided=decided,
        cancel_requested=cancel_requested,
    )


def removable(run: RunRecord, now: int) -> None:
    """Raise ``RunClaimedError`` while somebody runs the run."""
    if run.status == "running" and run.lease_until is not None and run.lease_until > now:
        raise RunClaimedError(run.id, run.owner or "", as_datetime(run.lease_until))


def is_due(run: RunRecord, now: int, grace: int) -> bool:
    """Whether nobody will go on with the run unless told."""
    match run.status:
        case "running":
            return run.lease_until is not None and run.lease_until <= now
        case "waiting":
            return run.expires_at is not None and run.expires_at <= now
        case "pending":
            return run.due_at <= now if run.due_at is not None else run.status_at + grace <= now
        case _:
            return False
