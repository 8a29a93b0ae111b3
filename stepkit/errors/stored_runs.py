"""Runs that are kept in a store, and the stores."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .base import StepkitError
from .checkpoints import ResumeRefusedError

if TYPE_CHECKING:
    from datetime import datetime


class RunNotFoundError(StepkitError, LookupError):
    """The store has no run of that id."""

    def __init__(self, run: str) -> None:
        self.run = run
        super().__init__(f'there is no run "{run}" in the store')


class RunConflictError(StepkitError, ValueError):
    """A run of that id was begun with another input, or by another flow."""

    def __init__(self, run: str, flow: str) -> None:
        self.run = run
        self.flow = flow
        super().__init__(
            f'run "{run}" is there already, of flow {flow}, and was begun with another input or by another flow. '
            "An id stands for one flow and one input; take another id."
        )


class RunClaimedError(StepkitError, RuntimeError):
    """Somebody else runs the run: ``owner``, who holds it ``until`` then, and longer if the claim is renewed."""

    def __init__(self, run: str, owner: str, until: datetime) -> None:
        self.run = run
        self.owner = owner
        self.until = until
        super().__init__(f'run "{run}" is claimed by "{owner}" until {until.isoformat()}')


class RunLostError(StepkitError, RuntimeError):
    """The claim on a run is no longer ours: what was to be written now was not, and nothing that follows counts."""

    def __init__(self, run: str, epoch: int, status: str, newest: int) -> None:
        self.run = run
        self.epoch = epoch
        self.status = status
        self.newest = newest
        super().__init__(
            f'the claim number {epoch} on run "{run}" has ended: the run is {status}, its newest claim is number '
            f"{newest}. Nothing was written; stop this run here."
        )


class RunStatusError(StepkitError, RuntimeError):
    """What was asked of a run does not fit its status."""

    def __init__(self, run: str, status: str, asked: str, waiting_for: str | None = None) -> None:
        self.run = run
        self.status = status
        self.asked = asked
        self.waiting_for = waiting_for
        state = f'{status} for "{waiting_for}"' if waiting_for is not None else status
        super().__init__(f'run "{run}" is {state}, so it cannot be {asked}')


class AlreadyDecidedError(StepkitError, ValueError):
    """A gate was decided before, and otherwise: ``decision`` is what, ``by`` and ``at`` are by whom and when."""

    def __init__(self, run: str, gate: str, decision: str, by: str | None, at: datetime) -> None:
        self.run = run
        self.gate = gate
        self.decision = decision
        self.by = by
        self.at = at
        whom = f' by "{by}"' if by is not None else ""
        super().__init__(
            f'gate "{gate}" of run "{run}" has been decided ({decision}){whom} at {at.isoformat()}; '
            "a decision is made once"
        )


class RunExpiredError(StepkitError, TimeoutError):
    """A gate can no longer be decided: its time ended ``at`` then, by the clock of whoever keeps the run."""

    def __init__(self, run: str, gate: str, at: datetime) -> None:
        self.run = run
        self.gate = gate
        self.at = at
        super().__init__(f'gate "{gate}" of run "{run}" expired at {at.isoformat()}')


class CorruptCheckpointError(ResumeRefusedError):
    """What a store has of a run is damaged. It is not used, and nothing else is taken in its place.

    ``run`` is None where the store itself is damaged, ``seq`` is the number of the damaged save, if it is one.
    ``older_seq`` and ``older_step`` name the last complete checkpoint before it, if there is one.
    """

    def __init__(
        self,
        run: str | None,
        what: str,
        seq: int | None = None,
        older_seq: int | None = None,
        older_step: str | None = None,
    ) -> None:
        self.run = run
        self.seq = seq
        self.older_seq = older_seq
        self.older_step = older_step
        older = ""
        if older_seq is not None:
            place = f'the one after step "{older_step}"' if older_step is not None else "that of the input"
            older = f" The last complete checkpoint before it is {place} (number {older_seq})."
        where = "" if run is None else f'run "{run}": '
        super().__init__(f"{where}{what} is damaged: it is not what was stored.{older}")


class StoreUnavailableError(StepkitError, ConnectionError):
    """A store cannot be reached, or does not do what it is told to. What it was told last may or may not have happened.

    ``store`` is its kind, ``reason`` what is known; neither names an address or a password.
    """

    def __init__(self, store: str, reason: str) -> None:
        self.store = store
        self.reason = reason
        super().__init__(f"the {store} store cannot be used: {reason}")


class StoreForkError(StepkitError, RuntimeError):
    """A store that was used before a fork is used in the forked process."""

    def __init__(self, store: str) -> None:
        self.store = store
        super().__init__(
            f"this {store} store was used before the process was forked, and its connections belong to the parent. "
            "Make the store in the forked process, or make it before and use it only after."
        )


class StoreVersionError(StepkitError, RuntimeError):
    """What is stored was written by a newer version of stepkit."""

    def __init__(self, store: str, found: int, known: int) -> None:
        self.store = store
        self.found = found
        self.known = known
        super().__init__(
            f"the {store} store has schema version {found}; this stepkit knows {known} and older. Use a newer stepkit."
        )


class StoreKeyError(StepkitError, LookupError):
    """A record was sealed with a key that is not among those of the ``EncryptedStore``; ``key_id`` names it."""

    def __init__(self, run: str, key_id: str) -> None:
        self.run = run
        self.key_id = key_id
        super().__init__(f'run "{run}": a record was sealed with key {key_id}, which is not among the keys given')
