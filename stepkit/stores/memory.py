"""The store that lives in this process: for tests, and to try things."""

from __future__ import annotations

import threading
import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace

from ..errors import RunNotFoundError
from .base import BaseStore
from .contract import Claim, Decision, RunRecord, RunState, Save, Status
from .digests import save_digest
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
    is_due,
    removable,
    saved,
    settled,
)


@dataclass(slots=True)
class _Entry:
    run: RunRecord
    saves: dict[int, Save] = field(default_factory=dict)
    decisions: dict[str, Decision] = field(default_factory=dict)


class MemoryStore(BaseStore):
    """Runs in the memory of this process; they end with it."""

    kind = "memory"

    def __init__(self) -> None:
        super().__init__()
        self._entries: dict[str, _Entry] = {}
        self._lock = threading.Lock()
        self._newest = 0

    def _now(self) -> int:
        """A clock that does not go back, so that the runs are in the order of their times."""
        self._newest = max(self._newest, time.time_ns() // 1_000)
        return self._newest

    def _entry(self, id: str) -> _Entry:
        try:
            return self._entries[id]
        except KeyError:
            raise RunNotFoundError(id) from None

    def _setup(self) -> None: ...

    def _close(self) -> None: ...

    def _create(self, new: NewRun) -> tuple[RunRecord, bool]:
        with self._lock:
            if new.id in self._entries:
                return found(self._entries[new.id].run, new)
            run = created(new, self._now())
            self._entries[new.id] = _Entry(run, {0: first_save(new, run)})
            return run, True

    def _claim(self, id: str, begun: Begun) -> Claim:
        with self._lock:
            entry = self._entry(id)
            previous = entry.run.status
            entry.run = claimed(entry.run, begun, self._now())
            state = self._state(entry, None)
            return Claim(state.run, state.saves, state.decisions, previous)

    def _advance(self, id: str, change: Change) -> RunRecord:
        with self._lock:
            entry = self._entry(id)

            def stored(seq: int) -> bytes | None:
                save = entry.saves.get(seq)
                return None if save is None else save_digest(id, save, save.epoch)

            left = settled(entry.run, change, stored, entry.decisions.get)
            if left is None:
                return entry.run
            now = self._now()
            entry.run = changed(entry.run, left, now)
            if left.save is not None:
                entry.saves[left.save.seq] = saved(left.save, change.epoch, now)
            if change.keep_last:
                for seq in [seq for seq in entry.saves if seq < entry.run.full_seq]:
                    del entry.saves[seq]
            return entry.run

    def _decide(self, id: str, new: Decision) -> RunRecord:
        with self._lock:
            entry = self._entry(id)
            now = self._now()
            run = decided(entry.run, entry.decisions.get(new.gate), new, now)
            if run.decided > entry.run.decided:
                entry.decisions[new.gate] = replace(new, at=now)
            entry.run = run
            return run

    def _get(self, id: str) -> RunRecord:
        with self._lock:
            return self._entry(id).run

    def _read(self, id: str, upto: int | None) -> RunState:
        with self._lock:
            return self._state(self._entry(id), upto)

    def _state(self, entry: _Entry, upto: int | None) -> RunState:
        saves = [save for save in entry.saves.values() if upto is None or save.seq <= upto]
        start = max((place for place, save in enumerate(saves) if save.full), default=0)
        rows = [(save, True) for save in saves[start:]]
        return RunState(entry.run, self._chain(entry.run, rows, upto), tuple(entry.decisions.values()))

    def _saves(self, id: str, after: int, limit: int | None) -> Kept:
        with self._lock:
            entry = self._entry(id)
            saves = [save for seq, save in entry.saves.items() if seq > after]
            return Kept(entry.run.first_seq, entry.run.seq, [(save, True) for save in saves[:limit]])

    def _list(
        self,
        status: Status | None,
        flow: str | None,
        waiting_for: str | None,
        place: tuple[int, str] | None,
        limit: int,
    ) -> Sequence[RunRecord]:
        with self._lock:
            runs = [entry.run for entry in self._entries.values()]
        runs = [
            run
            for run in runs
            if (status is None or run.status == status)
            and (flow is None or run.flow == flow)
            and (waiting_for is None or run.waiting_for == waiting_for)
            and (place is None or (run.created_at, run.id) < place)
        ]
        return sorted(runs, key=lambda run: (run.created_at, run.id), reverse=True)[:limit]

    def _due(self, flow: str, grace: int, limit: int) -> Sequence[RunRecord]:
        with self._lock:
            now = self._now()
            runs = [entry.run for entry in self._entries.values() if entry.run.flow == flow]
        return [run for run in runs if is_due(run, now, grace)][:limit]

    def _delete(self, id: str) -> bool:
        with self._lock:
            entry = self._entries.get(id)
            if entry is None:
                return False
            removable(entry.run, self._now())
            del self._entries[id]
            return True

    def _prune(self, statuses: Collection[Status], age: int) -> int:
        with self._lock:
            before = self._now() - age
            runs = [entry.run for entry in self._entries.values()]
            old = [run.id for run in runs if run.status in statuses and run.status_at <= before]
            for id in old:
                del self._entries[id]
            return len(old)
