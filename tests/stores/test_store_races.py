"""Many at once: threads and processes that want the same run, an owner that was frozen."""

from __future__ import annotations

import os
import signal
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from store_kinds import Worker, open_store_of
from store_suite import LAPSED, begin, create, step, wait

from stepkit.errors import AlreadyDecidedError, RunClaimedError, RunLostError, StepkitError
from stepkit.stores import NewSave, Store

PROCESSES = pytest.mark.stores("sqlite", "postgres", "redis")
THREADS = 8


def at_once(calls: list[Callable[[], Any]]) -> list[Any]:
    """What each call gives, or its error, all begun together in threads."""
    barrier = threading.Barrier(len(calls))

    def run(call: Callable[[], Any]) -> Any:
        barrier.wait()
        try:
            return call()
        except StepkitError as error:
            return type(error).__name__

    with ThreadPoolExecutor(len(calls)) as threads:
        return [*threads.map(run, calls)]


def told(workers: list[Worker], do: str, *values: Any) -> list[Any]:
    for worker in workers:
        worker.tell(do, *values)
    return [worker.answer() for worker in workers]


def test_of_many_threads_one_claims(store: Store) -> None:
    for number in range(4):
        create(store, f"r{number}")
        outcomes = at_once([lambda id=f"r{number}": store.claim(id, "ana", 60.0).run.epoch] * THREADS)  # type: ignore[misc]
        assert Counter(outcomes) == {1: 1, "RunClaimedError": THREADS - 1}


def test_of_many_threads_one_decides(store: Store) -> None:
    wait(store)

    def approve(by: str) -> str:
        return store.decide("run", "approve", gate="manager", by=by).status

    outcomes = at_once([lambda by=f"p{n}": approve(by) for n in range(THREADS)])  # type: ignore[misc]
    assert Counter(outcomes) == {"pending": 1, "AlreadyDecidedError": THREADS - 1}
    (decision,) = store.read("run").decisions
    assert decision.by == f"p{outcomes.index('pending')}"


def test_threads_save_their_own_runs(store: Store) -> None:
    def run(id: str) -> int:
        begin(store, id)
        for seq in range(1, 6):
            store.save(id, 1, step(seq, id.encode()))
        return store.finish(id, 1, "completed").seq

    assert at_once([lambda id=f"r{n}": run(id) for n in range(THREADS)]) == [5] * THREADS  # type: ignore[misc]
    for number in range(THREADS):
        assert [save.payload for save in store.history(f"r{number}")[1:]] == [b"r%d" % number] * 5


def test_a_finish_and_a_cancel_at_once_leave_nothing_half(store: Store) -> None:
    for number in range(5):
        run = begin(store, f"r{number}")

        def finish(id: str = run.id) -> str:
            return store.finish(id, 1, "waiting", waiting_for="manager").status

        def cancel(id: str = run.id) -> str:
            return store.decide(id, "cancel").status

        at_once([finish, cancel])
        state = store.read(run.id)
        assert (state.run.status, state.run.waiting_for, state.run.decided) == ("cancelled", None, 1)


@PROCESSES
def test_of_many_processes_one_claims(store: Store, workers: list[Worker], rounds: int) -> None:
    for number in range(rounds):
        id = f"r{number}"
        begin(store, id, lease=LAPSED) if number % 2 else create(store, id)
        outcomes = told(workers, "claim", id, 60.0)
        epoch = store.get(id).epoch
        assert Counter(outcomes) == {epoch: 1, "RunClaimedError": len(workers) - 1}
        assert epoch == 1 + number % 2


@PROCESSES
def test_of_many_processes_that_approve_the_same_all_are_right_and_one_has_done_it(
    store: Store, workers: list[Worker], rounds: int
) -> None:
    for number in range(rounds):
        wait(store, f"r{number}")
        assert told(workers, "approve", f"r{number}", "ana", "yes") == ["pending"] * len(workers)
        state = store.read(f"r{number}")
        assert (state.run.decided, len(state.decisions)) == (1, 1)


@PROCESSES
def test_of_many_processes_that_decide_otherwise_one_decides(store: Store, workers: list[Worker], rounds: int) -> None:
    for number in range(rounds):
        wait(store, f"r{number}")
        for each, worker in enumerate(workers):
            worker.tell("approve", f"r{number}", f"p{each}", f"payload {each}")
        outcomes = [worker.answer() for worker in workers]
        assert Counter(outcomes) == {"pending": 1, "AlreadyDecidedError": len(workers) - 1}
        (decision,) = store.read(f"r{number}").decisions
        assert (decision.by, decision.payload) == (
            f"p{outcomes.index('pending')}",
            b"payload %d" % outcomes.index("pending"),
        )


@PROCESSES
def test_of_many_processes_that_create_one_has_made_it(store: Store, workers: list[Worker], rounds: int) -> None:
    for number in range(rounds):
        assert sorted(told(workers, "create", f"r{number}")) == [False] * (len(workers) - 1) + [True]


@pytest.fixture
def owner(workers: list[Worker]) -> Iterator[Worker]:
    yield workers[0]
    os.kill(workers[0].process.pid, signal.SIGCONT)


@PROCESSES
def test_an_owner_that_was_frozen_can_change_nothing(store: Store, owner: Worker, rounds: int) -> None:
    for number in range(rounds):
        id = f"r{number}"
        create(store, id)
        assert owner.ask("claim", id, LAPSED) == 1
        assert owner.ask("save", id, 1, 1) == "saved"
        os.kill(owner.process.pid, signal.SIGSTOP)
        owner.tell("save", id, 1, 2)
        claim = store.claim(id, "bob", 60.0)
        store.save(id, claim.run.epoch, step(2, b"bob's"))
        after = store.finish(id, claim.run.epoch, "completed")
        os.kill(owner.process.pid, signal.SIGCONT)
        assert owner.answer() == "RunLostError"
        assert store.get(id) == after
        assert [save.payload for save in store.history(id)[2:]] == [b"bob's"]


@pytest.mark.stores("postgres", "redis")
def test_an_owner_that_is_frozen_while_it_saves_can_change_nothing(store: Store, owner: Worker, rounds: int) -> None:
    for number in range(rounds):
        id = f"r{number}"
        create(store, id)
        assert owner.ask("claim", id, LAPSED) == 1
        owner.tell("saves", id, 1, 1)
        acknowledged = [owner.answer() for _ in range(number % 5 + 1)]
        os.kill(owner.process.pid, signal.SIGSTOP)
        claim = store.claim(id, "bob", 60.0)
        store.save(id, 2, NewSave(seq=claim.run.seq + 1, step_name="bob", payload=b"bob's", full=False))
        after = store.finish(id, 2, "completed")
        os.kill(owner.process.pid, signal.SIGCONT)
        while (line := owner.answer()) != "RunLostError":
            acknowledged.append(line)
        assert store.get(id) == after
        history = store.history(id)
        assert [save.epoch for save in history[1:]] == [1] * (len(history) - 2) + [2]
        assert acknowledged[-1] <= claim.run.seq


def test_a_claim_that_is_lost_says_so_to_every_verb(store: Store) -> None:
    begin(store, lease=LAPSED)
    store.claim("run", "bob", 60.0)
    for verb in (
        lambda: store.renew("run", 1, 60.0),
        lambda: store.save("run", 1, step(1)),
        lambda: store.finish("run", 1, "completed"),
    ):
        with pytest.raises(RunLostError, match="claim number 1"):
            verb()


def test_the_errors_of_those_who_come_late_name_who_was_first(store: Store) -> None:
    begin(store)
    with pytest.raises(RunClaimedError, match='"ana"'):
        store.claim("run", "bob", 60.0)
    wait(store, "other")
    store.decide("other", "approve", gate="manager", by="ana")
    with pytest.raises(AlreadyDecidedError, match='by "ana"'):
        store.decide("other", "reject", gate="manager", by="bob")


@pytest.mark.stores("sqlite", "postgres", "redis")
def test_many_processes_set_up_at_once(target: tuple[str, str], workers: list[Worker], postgres_url: str) -> None:
    kind, place = target
    if kind == "postgres":
        import psycopg

        place = postgres_url + "&options=-c%20synchronous_commit%3Doff"
        with psycopg.connect(place, autocommit=True) as connection:
            connection.execute("DROP SCHEMA stepkit CASCADE")
    else:
        place = place.replace("runs.db", "new.db")
    assert told(workers, "open", kind, place) == ["open"] * len(workers)
    store = open_store_of(kind, place)
    assert create(store).status == "pending"
    store.close()
