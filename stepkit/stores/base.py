"""What all stores do alike: check what comes from outside, set up once, stay in one process, tell pages apart."""

from __future__ import annotations

import os
import secrets
import threading
import warnings
from abc import ABC, abstractmethod
from collections.abc import Collection, Sequence
from itertools import zip_longest
from types import TracebackType
from typing import ClassVar, Self

from ..errors import CorruptCheckpointError, StepkitError, StoreForkError
from ..ids import checked_id, checked_name
from .checks import (
    MAX_FLOW,
    MAX_PAGE,
    checked_bytes,
    checked_number,
    checked_status,
    checked_text,
    microseconds,
    read_cursor,
    written_cursor,
)
from .contract import (
    CLAIMABLE,
    STATUSES,
    Claim,
    Decision,
    DecisionKind,
    DurabilityWarning,
    Keep,
    Lease,
    NewSave,
    Page,
    RunRecord,
    RunState,
    Save,
    Status,
)
from .digests import digest, last_complete, save_digest
from .rules import Begun, Change, End, Kept, NewRun

NOT_RUNNING: Collection[Status] = [each for each in STATUSES if each != "running"]


class BaseStore(ABC):
    """The operations of the contract, checked; a store implements what is behind them."""

    kind: ClassVar[str]
    """What errors call it."""

    def __init__(self) -> None:
        self._process: int | None = None
        self._opening = threading.Lock()
        self._warned: set[str] = set()

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"

    def setup(self) -> None:
        self._belong()
        with self._opening:
            self._setup()
            self._process = os.getpid()

    def create(
        self,
        id: str,
        flow: str,
        payload: bytes,
        *,
        input_digest: str,
        step_name: str | None = None,
        parent: str | None = None,
        due_in: float | None = None,
        owner: str | None = None,
        lease: float | None = None,
    ) -> tuple[RunRecord, bool]:
        if (owner is None) != (lease is None):
            raise ValueError("owner and lease belong together: give both, or none")
        new = NewRun(
            id=checked_id(id, "the run's id"),
            flow=checked_name(flow, "the flow's name", MAX_FLOW),
            payload=checked_bytes(payload, "payload"),
            input_digest=checked_name(input_digest, "input_digest", MAX_FLOW),
            step_name=None if step_name is None else checked_name(step_name, "step_name"),
            parent=None if parent is None else checked_id(parent, "parent"),
            due_in=microseconds(due_in, "due_in"),
            owner=None if owner is None else checked_id(owner, "owner"),
            lease=microseconds(lease, "lease") or 0,
            mark=secrets.token_hex(8),
        )
        self._open()
        return self._create(new)

    def claim(self, id: str, owner: str, lease: float, *, statuses: Collection[Status] = CLAIMABLE) -> Claim:
        begun = Begun(
            owner=checked_id(owner, "owner"),
            lease=microseconds(lease, "lease") or 0,
            statuses=[checked_status(each, CLAIMABLE) for each in statuses],
            mark=secrets.token_hex(8),
        )
        checked_id(id, "the run's id")
        self._open()
        return self._claim(id, begun)

    def renew(self, id: str, epoch: int, lease: float) -> Lease:
        return self._lease(id, Change(epoch=checked_number(epoch, "epoch"), lease=microseconds(lease, "lease") or 0))

    def save(self, id: str, epoch: int, save: NewSave, *, keep: Keep = "all", lease: float | None = None) -> Lease:
        return self._lease(id, _change(id, epoch, save, keep, lease=microseconds(lease, "lease")))

    def _lease(self, id: str, change: Change) -> Lease:
        checked_id(id, "the run's id")
        self._open()
        return self._hold(id, change) or _lease(self._advance(id, change))

    def finish(
        self,
        id: str,
        epoch: int,
        status: Status,
        *,
        save: NewSave | None = None,
        error: bytes | None = None,
        waiting_for: str | None = None,
        expires_in: float | None = None,
        due_in: float | None = None,
        keep: Keep = "all",
    ) -> RunRecord:
        checked_id(id, "the run's id")
        end = End(
            status=checked_status(status, NOT_RUNNING),
            error=None if error is None else checked_bytes(error, "error"),
            waiting_for=None if waiting_for is None else checked_name(waiting_for, "waiting_for"),
            expires_in=microseconds(expires_in, "expires_in"),
            due_in=microseconds(due_in, "due_in"),
        )
        if (status == "waiting") != (waiting_for is not None) or (expires_in is not None and waiting_for is None):
            raise ValueError('waiting_for belongs to the status "waiting", and expires_in to it')
        if due_in is not None and status != "pending":
            raise ValueError('due_in belongs to the status "pending"')
        self._open()
        return self._advance(id, _change(id, epoch, save, keep, end=end))

    def decide(
        self,
        id: str,
        kind: DecisionKind,
        *,
        gate: str | None = None,
        payload: bytes | None = None,
        by: str | None = None,
        reason: str | None = None,
    ) -> RunRecord:
        if kind not in ("approve", "reject", "cancel", "expire"):
            raise ValueError("a decision is approve, reject, cancel or expire")
        if (kind == "cancel") != (gate is None):
            raise ValueError("a gate belongs to every decision but cancel")
        new = Decision(
            gate="" if gate is None else checked_name(gate, "gate"),
            kind=kind,
            payload=None if payload is None else checked_bytes(payload, "payload"),
            by=None if by is None else checked_name(by, "by"),
            reason=None if reason is None else checked_text(reason, "reason"),
            at=0,
        )
        checked_id(id, "the run's id")
        self._open()
        return self._decide(id, new)

    def get(self, id: str) -> RunRecord:
        checked_id(id, "the run's id")
        self._open()
        return self._get(id)

    def read(self, id: str, upto: int | None = None) -> RunState:
        checked_id(id, "the run's id")
        if upto is not None:
            checked_number(upto, "upto")
        self._open()
        return self._read(id, upto)

    def history(self, id: str, *, after: int = -1, limit: int | None = None) -> Sequence[Save]:
        checked_id(id, "the run's id")
        checked_number(after, "after", -1)
        self._open()
        first, last, rows = self._saves(id, after, None if limit is None else checked_number(limit, "limit", 1))
        numbers = range(max(after + 1, first), last + 1)[:limit]
        for number, row in zip_longest(numbers, rows):
            if row is None or number != row[0].seq or not row[1]:
                raise self._damaged(id, last if number is None else number)
        return [save for save, _ in rows]

    def list(
        self,
        *,
        status: Status | None = None,
        flow: str | None = None,
        waiting_for: str | None = None,
        before: int | None = None,
        limit: int = 100,
        cursor: str | None = None,
    ) -> Page:
        if status is not None:
            checked_status(status, STATUSES)
        if flow is not None:
            checked_name(flow, "the flow's name", MAX_FLOW)
        if waiting_for is not None:
            checked_name(waiting_for, "waiting_for")
        place = (checked_number(before, "before"), "") if before is not None else None
        if cursor is not None:
            there = read_cursor(cursor)
            place = there if place is None else min(place, there)
        limit = min(checked_number(limit, "limit", 1), MAX_PAGE)
        self._open()
        runs = self._list(status, flow, waiting_for, place, limit)
        return Page(tuple(runs), written_cursor(runs[-1]) if len(runs) == limit else None)

    def due(self, flow: str, *, grace: float = 60.0, limit: int = 100) -> Sequence[RunRecord]:
        checked_name(flow, "the flow's name", MAX_FLOW)
        limit = min(checked_number(limit, "limit", 1), MAX_PAGE)
        self._open()
        return self._due(flow, microseconds(grace, "grace") or 0, limit)

    def delete(self, id: str) -> bool:
        checked_id(id, "the run's id")
        self._open()
        return self._delete(id)

    def prune(self, *, status: Collection[Status], older_than: float) -> int:
        statuses: Sequence[Status] = [checked_status(each, NOT_RUNNING) for each in status]
        age = microseconds(older_than, "older_than") or 0
        self._open()
        return self._prune(statuses, age)

    def close(self) -> None:
        if self._process == os.getpid():
            with self._opening:
                self._process = None
                self._close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    # -- what a store implements ---------------------------------------------------------------------------------------

    @abstractmethod
    def _setup(self) -> None: ...

    @abstractmethod
    def _create(self, new: NewRun) -> tuple[RunRecord, bool]: ...

    @abstractmethod
    def _claim(self, id: str, begun: Begun) -> Claim: ...

    @abstractmethod
    def _advance(self, id: str, change: Change) -> RunRecord: ...

    def _hold(self, id: str, change: Change) -> Lease | None:
        """A save or a renewal by the shortest way, for a store that has one; None where it is not that plain."""
        return None

    @abstractmethod
    def _decide(self, id: str, new: Decision) -> RunRecord: ...

    @abstractmethod
    def _get(self, id: str) -> RunRecord: ...

    @abstractmethod
    def _read(self, id: str, upto: int | None) -> RunState: ...

    @abstractmethod
    def _saves(self, id: str, after: int, limit: int | None) -> Kept:
        """The saves above a number."""

    @abstractmethod
    def _list(
        self,
        status: Status | None,
        flow: str | None,
        waiting_for: str | None,
        place: tuple[int, str] | None,
        limit: int,
    ) -> Sequence[RunRecord]:
        """Newest first, only what is older than the place: a time, and among those of the same time an id."""

    @abstractmethod
    def _due(self, flow: str, grace: int, limit: int) -> Sequence[RunRecord]: ...

    @abstractmethod
    def _delete(self, id: str) -> bool: ...

    @abstractmethod
    def _prune(self, statuses: Collection[Status], age: int) -> int: ...

    @abstractmethod
    def _close(self) -> None: ...

    # -- what they share -----------------------------------------------------------------------------------------------

    def _belong(self) -> None:
        if self._process is not None and self._process != os.getpid():
            raise StoreForkError(self.kind)

    def _open(self) -> None:
        """Set up before the first operation, in the process that it belongs to from then on."""
        if self._process == os.getpid():
            return
        self._belong()
        with self._opening:
            if self._process is None:
                self._setup()
                self._process = os.getpid()

    def _warn(self, message: str) -> None:
        """Warn that the database's settings promise less, once."""
        if message not in self._warned:
            self._warned.add(message)
            warnings.warn(message, DurabilityWarning, stacklevel=5)

    def _chain(self, run: RunRecord, rows: Sequence[tuple[Save, bool]], upto: int | None) -> tuple[Save, ...]:
        """The rows from the last full save on, if they are whole and reach as far as they must."""
        last = run.seq if upto is None else min(upto, run.seq)
        start = run.full_seq if upto is None else (rows[0][0].seq if rows else None)
        if upto is not None and (start is None or not rows[0][0].full):
            raise LookupError(f'run "{run.id}": there is no complete checkpoint at or before number {upto}')
        expected = range(start or 0, last + 1)
        for number, (save, undamaged) in zip(expected, rows, strict=False):
            if not undamaged or save.seq != number or save.full and number > run.full_seq:
                raise self._damaged(run.id, number)
        if len(rows) != len(expected) or not rows[0][0].full:
            raise self._damaged(run.id, last)
        return tuple(save for save, _ in rows)

    def _damaged(self, id: str, seq: int) -> CorruptCheckpointError:
        try:
            older = last_complete(self._saves(id, -1, None).rows, seq)
        except StepkitError:  # so damaged that not even that can be read
            older = None
        what = f"save number {seq}"
        if older is None:
            return CorruptCheckpointError(id, what, seq)
        return CorruptCheckpointError(id, what, seq, older.seq, older.step_name)


def _lease(run: RunRecord) -> Lease:
    return Lease(run.lease_until or 0, run.cancel_requested)


def _change(
    id: str, epoch: int, save: NewSave | None, keep: Keep, *, lease: int | None = None, end: End | None = None
) -> Change:
    save_made = None
    checked_number(epoch, "epoch")
    if keep not in ("all", "last"):
        raise ValueError('keep is "all" or "last"')
    if save is not None:
        checked_number(save.seq, "seq", 1)
        checked_name(save.step_name, "step_name")
        checked_bytes(save.payload, "payload")
        if save.kind not in ("step", "start", "gate"):
            raise ValueError("the kind of a save is step, start or gate")
        save_made = save_digest(id, save, epoch)
    # the same finish has the same mark, so that it is known when its reply was lost and it is told again
    mark = "" if end is None else "end " + digest(id, epoch, end, save_made).hex()
    return Change(epoch=epoch, save=save, digest=save_made, keep_last=keep == "last", lease=lease, end=end, mark=mark)
