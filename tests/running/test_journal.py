"""The two ports of the runtime: what keeps a journal of a run, here in SQLite, and what calls its functions."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from notes import notes

from stepkit import Flow, StepEvent, flow, runtime
from stepkit.table import StepRow

pytestmark = pytest.mark.in_one_piece


class SqliteJournal:
    """Saves the checkpoint after each step in a transaction of its own, and which steps have started."""

    def __init__(self, path: Path) -> None:
        self.db = sqlite3.connect(path, isolation_level=None)
        self.db.execute("PRAGMA journal_mode=WAL")
        self.db.execute("CREATE TABLE IF NOT EXISTS saved (step TEXT, checkpoint TEXT)")
        self.db.execute("CREATE TABLE IF NOT EXISTS started (step TEXT PRIMARY KEY)")

    def step_starting(self, path: str, row: StepRow) -> None:
        if row.kind == "step":
            self.db.execute("INSERT INTO started VALUES (?)", (path,))

    def step_starting_once(self, path: str, checkpoint: str) -> None:
        self.db.execute("INSERT INTO saved VALUES (?, ?)", (path, checkpoint))

    def gate_reached(self, path: str, row: StepRow, checkpoint: str) -> None:
        self.db.execute("INSERT INTO saved VALUES (?, ?)", (path, checkpoint))

    def step_completed(self, path: str, take: Callable[[], str]) -> None:
        self.db.execute("INSERT INTO saved VALUES (?, ?)", (path, take()))

    @property
    def saved(self) -> list[tuple[str, str]]:
        return self.db.execute("SELECT step, checkpoint FROM saved ORDER BY rowid").fetchall()

    @property
    def started(self) -> list[str]:
        return [step for (step,) in self.db.execute("SELECT step FROM started ORDER BY rowid")]


class AsyncJournal(SqliteJournal):
    """Takes a turn of the event loop for each record."""

    async def step_starting(self, path: str, row: StepRow) -> None:  # type: ignore[override]
        await asyncio.sleep(0)
        super().step_starting(path, row)

    async def step_completed(self, path: str, take: Callable[[], str]) -> None:  # type: ignore[override]
        await asyncio.sleep(0)
        super().step_completed(path, take)


@pytest.fixture(params=[SqliteJournal, AsyncJournal])
def journal(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SqliteJournal]:
    made: SqliteJournal = request.param(tmp_path / "journal.db")
    yield made
    made.db.close()


class Inner(Flow):
    @flow.step("fetch")
    def fetch(self, n: int):
        return {"fetched": [n]}

    @flow.step("sum")
    async def sum(self, fetched: list[int]):
        return {"n": sum(fetched) + 1}


class Order(Flow):
    def __init__(self, fails_at: str = "") -> None:
        self.fails_at = fails_at

    @flow.step("first")
    def first(self, n: int):
        return {"n": n + 1}

    inner = flow.subflow("inner", Inner)
    both = flow.parallel("both")

    @both.step("left")
    def left(self, n: int):
        return {"left": n}

    @both.step("right")
    def right(self, n: int):
        return {"right": n}

    @flow.step("never", when=False)
    def never(self):
        return {"never": True}

    @flow.step("last", on_error="continue")
    def last(self, left: int, right: int):
        if self.fails_at == "last":
            raise ConnectionError("lost")
        return {"last": left + right}


STEPS = ["first", "inner/fetch", "inner/sum", "inner", "both", "last"]


def run_with(owner: Any, journal: Any, input: dict[str, Any], *, on_step_complete: Any = None) -> dict[str, Any]:
    run = runtime.new_run(owner, (None, on_step_complete, None, None))
    runtime.record(run, journal)
    return runtime.start_sync(run, input).unwrap()


def resume_with(owner: Any, journal: Any, checkpoint: str) -> dict[str, Any]:
    run = runtime.new_run(owner)
    runtime.record(run, journal)
    return runtime.resume_sync(run, checkpoint, None).unwrap()


def test_each_completed_step_is_saved_once_and_a_group_as_one_step(journal: SqliteJournal) -> None:
    result = run_with(Order(), journal, {"n": 0})
    assert result == Order().run_sync({"n": 0})
    assert [step for step, _ in journal.saved] == STEPS


def test_a_run_goes_on_from_everything_that_was_saved(journal: SqliteJournal, tmp_path: Path) -> None:
    result = run_with(Order(), journal, {"n": 0})
    for number, (_, checkpoint) in enumerate(journal.saved):
        other = type(journal)(tmp_path / f"{number}.db")
        assert resume_with(Order(), other, checkpoint) == result
        assert [step for step, _ in other.saved] == STEPS[number + 1 :]
        other.db.close()


def test_a_step_is_saved_before_any_callback_hears_of_it(journal: SqliteJournal) -> None:
    heard: list[str] = []

    def hear(event: StepEvent) -> None:
        if "both/" not in event.step_name:
            heard.append(event.step_name)
            assert journal.saved[-1] == (event.step_name, event.checkpoint)

    run_with(Order(), journal, {"n": 0}, on_step_complete=hear)
    assert heard == STEPS


def test_a_start_is_recorded_before_the_step_runs(journal: SqliteJournal) -> None:
    seen: list[list[str]] = []

    class Pay(Flow):
        @flow.step("pay")
        def pay(self):
            seen.append(journal.started)
            return {"paid": True}

    assert run_with(Pay(), journal, {}) == {"paid": True}
    assert seen == [["pay"]]


def test_a_step_that_must_not_run_twice_is_not_run_where_its_start_was_recorded(journal: SqliteJournal) -> None:
    calls: list[str] = []

    class Pay(Flow):
        @flow.step("prepare")
        def prepare(self):
            return {"amount": 3}

        @flow.step("pay", on_error="continue")
        def pay(self, amount: int):
            calls.append("pay")
            raise SystemExit  # the process dies in here

    with pytest.raises(SystemExit):
        run_with(Pay(), journal, {})
    ((_, checkpoint),) = journal.saved
    with pytest.raises(sqlite3.IntegrityError) as refused:  # its start is there already
        resume_with(Pay(), journal, checkpoint)
    assert calls == ["pay"]
    assert len(notes(refused.value)) == 1  # names the run


def test_a_journal_that_fails_ends_the_run_before_anything_else_happens(tmp_path: Path) -> None:
    class Full(SqliteJournal):
        def step_completed(self, path: str, take: Callable[[], str]) -> None:
            if path == "last":
                raise OSError("disk full")
            super().step_completed(path, take)

    journal = Full(tmp_path / "full.db")
    heard: list[str] = []
    with pytest.raises(OSError, match="disk full"):
        run_with(Order(), journal, {"n": 0}, on_step_complete=lambda event: heard.append(event.step_name))
    assert heard[-1] == "both"
    journal.db.close()


def test_a_step_that_was_survived_or_skipped_is_not_saved_as_complete(journal: SqliteJournal) -> None:
    run_with(Order(fails_at="last"), journal, {"n": 0})
    assert [step for step, _ in journal.saved] == STEPS[:-1]
    assert "never" not in journal.started and "last" in journal.started


def test_a_caller_calls_each_attempt_condition_and_fallback() -> None:
    main = threading.get_ident()
    threads: dict[str, int] = {}

    class Calls(Flow):
        @flow.step("asks", when=lambda n: threads.setdefault("when", threading.get_ident()) != 0)
        def asks(self, n: int):
            threads["asks"] = threading.get_ident()
            return {"n": n + 1}

        def instead(self, error: Exception, n: int):
            threads["fallback"] = threading.get_ident()
            return {"n": n + 10}

        @flow.step("fails", on_error="instead", retries=1)
        def fails(self, n: int):
            threads["fails"] = threading.get_ident()
            raise ValueError

        @flow.step("awaits")
        async def awaits(self, n: int):
            threads["awaits"] = threading.get_ident()
            return {"n": n + 100}

    class Pool:
        """Runs what it can in a pool of threads; a coroutine is only made there."""

        def __init__(self, pool: ThreadPoolExecutor) -> None:
            self.pool = pool
            self.called: list[str] = []

        async def call(self, what: str, function: Callable[..., Any], *arguments: Any) -> Any:
            self.called.append(what)
            result = await asyncio.get_running_loop().run_in_executor(self.pool, function, *arguments)
            return await result if asyncio.iscoroutine(result) else result

    async def main_program() -> tuple[dict[str, Any], list[str]]:
        with ThreadPoolExecutor(1) as pool:
            run = runtime.new_run(Calls())
            caller = Pool(pool)
            runtime.call_by(run, caller)
            return (await runtime.start(run, {"n": 0})).unwrap(), caller.called

    result, called = asyncio.run(main_program())
    assert result == {"n": 111}
    assert called == [
        'flow Calls, when= of step "asks"',
        'flow Calls, step "asks"',
        'flow Calls, step "fails"',
        'flow Calls, step "fails"',
        'flow Calls, fallback of step "fails"',
        'flow Calls, step "awaits"',
    ]
    assert threads.pop("awaits") == main
    assert set(threads) == {"when", "asks", "fails", "fallback"} and main not in threads.values()
