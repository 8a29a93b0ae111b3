"""What a store is: its operations, what each promises, and the plain data that goes in and out.

A store knows ids, numbers, bytes and statuses, never flows. It is synchronous, and safe to call from many threads
and many processes. Times are whole microseconds since 1970 (UTC) by the store's own clock; periods are seconds.

A run is a row and a chain of saves. A *full* save stands alone; any other one is a change of what the save before it
gives, so that a history costs what changed. The store keeps the chain; what stands in it is the caller's.

Names from outside are values. Ids follow the rule of ``run_id=``; names of flows (300 characters), paths of steps and
gates (4,000) have no control characters; all else is refused with ``InvalidIdError``, and what is accepted comes back
byte for byte.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Literal, Protocol, Self, TypeAlias, runtime_checkable

Status: TypeAlias = Literal[
    "pending", "running", "waiting", "stopped", "completed", "failed", "rejected", "expired", "cancelled"
]
SaveKind: TypeAlias = Literal["input", "step", "start", "gate"]
DecisionKind: TypeAlias = Literal["approve", "reject", "cancel", "expire"]
Keep: TypeAlias = Literal["all", "last"]

STATUSES: tuple[Status, ...] = (
    "pending",
    "running",
    "waiting",
    "stopped",
    "completed",
    "failed",
    "rejected",
    "expired",
    "cancelled",
)
FINAL: frozenset[Status] = frozenset({"completed", "rejected", "expired", "cancelled"})
"""What no run leaves again."""
CLAIMABLE: tuple[Status, ...] = ("pending", "running", "stopped", "failed")
"""What a claim takes unless told otherwise; a running one only when its lease has lapsed."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def as_datetime(microseconds: int) -> datetime:
    """A store's time as an aware datetime in UTC, exactly."""
    return _EPOCH + timedelta(microseconds=microseconds)


def as_microseconds(moment: datetime) -> int:
    """An aware datetime as a store's time, exactly."""
    return (moment - _EPOCH) // timedelta(microseconds=1)


class DurabilityWarning(UserWarning):
    """A store is set such that what it acknowledged can be lost."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRecord:
    """The row of a run."""

    id: str
    flow: str
    status: Status
    epoch: int
    """The number of claims so far; it only grows."""
    seq: int
    """The number of the last save."""
    full_seq: int
    """The number of the last full save."""
    created_at: int
    updated_at: int
    status_at: int
    """Since when it has this status."""
    input_digest: str
    first_seq: int = 0
    """The number of the oldest save that is kept."""
    owner: str | None = None
    lease_until: int | None = None
    step_name: str | None = None
    """The path of the last completed step."""
    waiting_for: str | None = None
    expires_at: int | None = None
    """When the gate that it waits for can no longer be decided."""
    due_at: int | None = None
    """Not before then should ``due`` tell of it."""
    parent: str | None = None
    error: bytes | None = field(default=None, repr=False)
    cancel_requested: bool = False
    decided: int = 0
    """How many decisions were recorded."""
    mark: str = field(default="", repr=False)
    """The store's own: what the last claim or finish was, so that it is known again when it is repeated."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewSave:
    """A save to be written. ``kind`` is "step" after a step; only such a one moves the run's ``step_name``.

    "start" is written before a step that runs at most once, "gate" at a gate.
    """

    seq: int
    step_name: str
    payload: bytes = field(repr=False)
    full: bool
    kind: SaveKind = "step"


@dataclass(frozen=True, slots=True, kw_only=True)
class Save:
    """A save as it was stored. Number 0 is the input; its ``step_name`` is None unless the run was forked."""

    seq: int
    kind: SaveKind
    step_name: str | None
    payload: bytes = field(repr=False)
    full: bool
    epoch: int
    at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What was decided of a gate, or with an empty ``gate`` that the run be cancelled."""

    gate: str
    kind: DecisionKind
    payload: bytes | None = field(repr=False)
    by: str | None
    reason: str | None = field(repr=False)
    at: int


@dataclass(frozen=True, slots=True)
class Lease:
    """What an owner learns at each save and renewal: until when it holds the run, and whether that shall end."""

    until: int
    cancel_requested: bool


@dataclass(frozen=True, slots=True)
class RunState:
    """A run with all that is needed to go on: from the last full save on, and every decision in order."""

    run: RunRecord
    saves: tuple[Save, ...]
    decisions: tuple[Decision, ...]


@dataclass(frozen=True, slots=True)
class Claim:
    """A run that is ours now, under ``run.epoch``; ``previous`` is the status that it had."""

    run: RunRecord
    saves: tuple[Save, ...]
    decisions: tuple[Decision, ...]
    previous: Status


@dataclass(frozen=True, slots=True)
class Page:
    """Some runs, newest first, and where the next page begins; None after the last."""

    runs: tuple[RunRecord, ...]
    cursor: str | None


@runtime_checkable
class Store(Protocol):
    """The contract of a store. Whatever else it may raise, a driver's error comes as ``StoreUnavailableError``.

    What raises ``StoreUnavailableError`` may have happened. Each operation may be repeated as it was: ``create``,
    ``save``, ``finish`` and ``decide`` then change nothing and give what they gave.

    A store belongs to the process that first used it; in a forked one every operation raises ``StoreForkError``.
    """

    def setup(self) -> None:
        """Make what the store needs where it is not there yet; every other operation does it when it is the first.

        It may be called again, and by many processes at once. Raises ``StoreVersionError`` where a newer stepkit was.
        Warns with ``DurabilityWarning``, once for each store, where the database's settings promise less.
        """
        ...

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
        """Record a new run, pending, with its input as save 0; with ``owner`` and ``lease`` it is claimed at once.

        Gives the run, and whether this call made it. An id that is there gives the run as it is, if flow and
        ``input_digest`` are the same; otherwise it raises ``RunConflictError``.
        """
        ...

    def claim(self, id: str, owner: str, lease: float, *, statuses: Collection[Status] = CLAIMABLE) -> Claim:
        """Take a run to go on with it, in one atomic conditional write. A lease of 0 lapses at once.

        Of many callers at once one gets it. Raises ``RunNotFoundError``; ``RunClaimedError`` while another claim's
        lease lives; ``RunStatusError`` where the status is none of ``statuses``; ``CorruptCheckpointError``, and then
        the run is as it was.
        """
        ...

    def renew(self, id: str, epoch: int, lease: float) -> Lease:
        """Hold the run for ``lease`` seconds from now. Raises ``RunLostError`` as ``save`` does."""
        ...

    def save(self, id: str, epoch: int, save: NewSave, *, keep: Keep = "all", lease: float | None = None) -> Lease:
        """Add a save, numbered one more than the last; with ``lease`` the claim is renewed in the same write.

        The same save again is no error and no second record. ``keep="last"`` removes what a resume no longer needs.
        Raises ``RunLostError`` and writes nothing if another claim was made, or it ended.
        """
        ...

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
        """End the claim, with a last save if there is one: the run has ended, waits, or is given back, pending.

        Expiry is set in the same write. A run that was to be cancelled does not wait, stop or become pending: it is
        cancelled. Raises ``RunLostError`` as ``save`` does, and ``AlreadyDecidedError`` if the gate has been decided.
        """
        ...

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
        """Decide a gate, or cancel a run, in one atomic write that records it and ends the waiting.

        "approve" makes the run pending, "reject" rejected, "expire" expired (only after its time). "cancel" takes no
        gate: it ends a run that nobody runs, and is a request to the owner of one that runs. The same decision again
        changes nothing. Raises ``AlreadyDecidedError`` for another one; ``RunExpiredError`` after the gate's time;
        ``RunStatusError`` where the run does not wait for that gate, or has ended; ``RunNotFoundError``.
        """
        ...

    def get(self, id: str) -> RunRecord:
        """The row of a run. Raises ``RunNotFoundError``."""
        ...

    def read(self, id: str, upto: int | None = None) -> RunState:
        """A run with the last full save, at or before number ``upto``, and what follows it up to there.

        Raises ``CorruptCheckpointError``, which names the last complete checkpoint before the damage, and
        ``LookupError`` where nothing complete is left at or before ``upto``.
        """
        ...

    def history(self, id: str, *, after: int = -1, limit: int | None = None) -> Sequence[Save]:
        """The saves with a number above ``after``, in order. Raises as ``read`` does."""
        ...

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
        """Runs, newest first, of that status, flow and gate, created before that time; at most 1,000 at once."""
        ...

    def due(self, flow: str, *, grace: float = 60.0, limit: int = 100) -> Sequence[RunRecord]:
        """What ``recover()`` looks for: the flow's runs that nobody will go on with unless told.

        Running ones whose lease has lapsed, waiting ones whose gate has expired, pending ones whose ``due_at`` has
        passed, and those that have been pending for ``grace`` seconds without one.
        """
        ...

    def delete(self, id: str) -> bool:
        """Remove a run with all that is known of it. Says whether it was there.

        Raises ``RunClaimedError`` while somebody runs it.
        """
        ...

    def prune(self, *, status: Collection[Status], older_than: float) -> int:
        """Remove the runs that have had one of these statuses for that many seconds; says how many. Not "running"."""
        ...

    def close(self) -> None:
        """Close the connections. A closed store opens new ones when it is used again."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None: ...
