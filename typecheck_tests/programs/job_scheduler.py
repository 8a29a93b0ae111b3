"""Background jobs: a registry of flows, a queue, a worker that saves after each step and goes on after a crash."""

from __future__ import annotations

import heapq
import itertools
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, ClassVar, TypedDict

from stepkit import Flow, StepEvent, flow
from stepkit.errors import CheckpointError, RunCancelledError


class JobInput(TypedDict):
    job_id: int
    attempts: int


class Store(ABC):
    @abstractmethod
    def save(self, job_id: int, checkpoint: str) -> None: ...

    @abstractmethod
    def load(self, job_id: int) -> str | None: ...


class MemoryStore(Store):
    def __init__(self) -> None:
        self._saved: dict[int, str] = {}

    def save(self, job_id: int, checkpoint: str) -> None:
        self._saved[job_id] = checkpoint

    def load(self, job_id: int) -> str | None:
        return self._saved.get(job_id)


class Job(Flow[JobInput]):
    """Every job begins alike."""

    queue: ClassVar[str] = "default"

    @flow.step("begin")
    def begin(self, attempts: int):
        return {"attempts": attempts + 1}


class Cleanup(Job):
    queue = "slow"

    @flow.step("list")
    def list_files(self):
        return {"files": [f"tmp-{n}" for n in range(3)]}

    @flow.step("delete")
    def delete(self, files):
        return {"deleted": len(files)}


class Backup(Job):
    failing: ClassVar[list[bool]] = [True]

    @flow.step("dump")
    def dump(self, job_id: int):
        return {"path": f"/backups/{job_id}.sql"}

    @flow.step("upload")
    def upload(self, path: str):
        if self.failing and self.failing.pop():
            raise OSError("disk full")
        return {"url": f"s3:/{path}"}


REGISTRY: dict[str, Callable[[], Job]] = {"cleanup": Cleanup, "backup": Backup}


@dataclass(order=True)
class Entry:
    due: float
    number: int
    kind: str = field(compare=False)
    job_id: int = field(compare=False)


class Worker:
    def __init__(self, store: Store) -> None:
        self.store = store
        self.queue: list[Entry] = []
        self.numbers = itertools.count()
        self.stop = threading.Event()
        self.done: dict[int, dict[str, Any]] = {}

    def schedule(self, kind: str, job_id: int, due: float = 0.0) -> None:
        heapq.heappush(self.queue, Entry(due, next(self.numbers), kind, job_id))

    def run_one(self) -> bool:
        if not self.queue:
            return False
        entry = heapq.heappop(self.queue)
        job = REGISTRY[entry.kind]()

        def save(event: StepEvent[Any, Any, Any]) -> None:
            self.store.save(entry.job_id, event.checkpoint)

        saved = self.store.load(entry.job_id)
        try:
            if saved is None:
                start: JobInput = {"job_id": entry.job_id, "attempts": 0}
                result = job.run_sync(start, on_step_complete=save, cancel=self.stop)
            else:
                result = job.run_checkpoint_sync(saved, on_step_complete=save, cancel=self.stop)
        except (CheckpointError, RunCancelledError):
            raise
        except OSError:
            self.schedule(entry.kind, entry.job_id, entry.due + 1)
        else:
            self.done[entry.job_id] = dict(result)
        return True


if __name__ == "__main__":
    worker = Worker(MemoryStore())
    worker.schedule("backup", 1)
    worker.schedule("cleanup", 2, due=5)
    while worker.run_one():
        pass
    assert worker.done[1]["url"] == "s3://backups/1.sql" and worker.done[1]["attempts"] == 1
    assert worker.done[2]["deleted"] == 3
