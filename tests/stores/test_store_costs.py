"""What stores write, and that they search by an index."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from store_kinds import open_store_of
from store_suite import begin, create, step

from stepkit.stores import DurabilityWarning, NewSave, PostgresStore, SqliteStore, Store
from stepkit.stores.postgres_sql import Statements
from stepkit.stores.sqlite_file import SCHEMA


def written() -> int:
    """The bytes that this process has had written so far."""
    lines = Path("/proc/self/io").read_text().splitlines()
    return int(next(line.split()[1] for line in lines if line.startswith("wchar")))


@pytest.mark.skipif(not Path("/proc/self/io").exists(), reason="only Linux says what a process has written")
def test_a_hundred_small_changes_of_a_large_context_write_little(tmp_path: Path) -> None:
    large = bytes(range(256)) * 4096
    store = open_store_of("sqlite", str(tmp_path / "runs.db"))
    before = written()
    create(store, payload=large, owner="ana", lease=60.0)
    for seq in range(1, 101):
        store.save("run", 1, step(seq, b'{"small": %d}' % seq))
    store.finish("run", 1, "completed")
    state = store.read("run")
    store.close()  # which writes what is in the log into the file
    assert [save.payload for save in state.saves] == [large, *(b'{"small": %d}' % seq for seq in range(1, 101))]
    assert written() - before < 4_000_000


@pytest.mark.stores("sqlite", "encrypted")
def test_keeping_the_last_only_does_not_grow(store: Store, target: tuple[str, str]) -> None:
    begin(store)
    sizes = []
    for seq in range(1, 41):
        save = NewSave(seq=seq, step_name="s", payload=b"x" * 50_000, full=True)
        store.save("run", 1, save, keep="last")
        if seq in (10, 40):
            store.close()
            sizes.append(Path(target[1]).stat().st_size)
    assert sizes[0] == sizes[1] < 400_000


SEARCHES = {
    "get": lambda store: store.get("r5"),
    "claim": lambda store: store.claim("r5", "ana", 60.0),
    "newest": lambda store: store.list(),
    "status": lambda store: store.list(status="failed"),
    "flow": lambda store: store.list(flow="Shop"),
    "flow and status": lambda store: store.list(flow="Shop", status="failed"),
    "gate": lambda store: store.list(waiting_for="manager"),
    "page": lambda store: store.list(flow="Shop", cursor="MTc5NTgxMjE5OTM3ODU1OSByNQ"),
    "before": lambda store: store.list(before=1_795_812_199_378_559),
    "due": lambda store: store.due("Shop"),
    "prune": lambda store: store.prune(status=["completed"], older_than=500_000_000.0),
    "history": lambda store: store.history("r5"),
}


@pytest.fixture(scope="session")
def searched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SqliteStore]:
    store = open_store_of("sqlite", str(tmp_path_factory.mktemp("searched") / "runs.db"))
    assert isinstance(store, SqliteStore)
    create(store, "r5", "Shop")
    yield store
    store.close()


@pytest.mark.parametrize("search", SEARCHES)
def test_sqlite_searches_by_an_index(searched: SqliteStore, search: str) -> None:
    said: list[str] = []
    with searched._connections.one(searched._connect) as connection:
        connection.set_trace_callback(said.append)
    SEARCHES[search](searched)
    with searched._connections.one(searched._connect) as connection:
        connection.set_trace_callback(None)
        queries = [query for query in said if re.match(r"SELECT|UPDATE|DELETE", query)]
        plans = [row[3] for query in queries for row in connection.execute("EXPLAIN QUERY PLAN " + query)]
    assert plans != []
    scans = [plan for plan in plans if plan.startswith("SCAN") and "INDEX" not in plan]
    assert [plan for plan in scans if plan != "SCAN part"] == []  # of a part that was searched by an index
    if search != "claim":  # which sorts the few decisions of one run
        assert [plan for plan in plans if "TEMP B-TREE" in plan] == []


@pytest.mark.parametrize("search", SEARCHES)
def test_postgresql_searches_by_an_index(postgres_many: PostgresStore, search: str, monkeypatch: Any) -> None:
    said: list[tuple[str, Any]] = []
    execute = postgres_many._execute

    def listen(query: str, values: Any) -> Any:
        said.append((query, values))
        return execute(query, values)

    monkeypatch.setattr(postgres_many, "_execute", listen)
    SEARCHES[search](postgres_many)
    plans = [row[0] for query, values in said for row in execute("EXPLAIN " + query, values)]
    assert [plan for plan in plans if "Index" in plan] != []
    assert [plan for plan in plans if re.search(r"Seq Scan on (runs|saves)", plan)] == []
    if search != "due":  # of which each of four parts is in the order of its index
        assert [plan for plan in plans if re.search(r"Sort Key: .*created_at", plan)] == []


@pytest.fixture(scope="module")
def postgres_many(postgres_tables: str) -> Iterator[PostgresStore]:
    """A store with so many runs that the planner prefers an index where there is one."""
    store = PostgresStore(postgres_tables, schema="many")
    with pytest.warns(DurabilityWarning):
        store.setup()
    with store._connections.one(store._connect) as connection:
        connection.execute(
            """INSERT INTO many.runs (id, flow, status, epoch, seq, full_seq, first_seq, created_at, updated_at,
                status_at, input_digest, mark, lease_until, waiting_for, expires_at, due_at)
            SELECT 'r' || n, 'Shop' || n % 50,
                (ARRAY['completed', 'failed', 'running', 'waiting', 'pending'])[n % 5 + 1],
                0, 0, 0, 0, 1790000000000000 + n, 1790000000000000 + n, 1795812199378559 + n, 'd', '',
                CASE WHEN n % 5 = 2 THEN 2000000000000000 END, CASE WHEN n % 5 = 3 THEN 'manager' END,
                CASE WHEN n % 5 = 3 THEN 2000000000000000 END, CASE WHEN n % 10 = 4 THEN 2000000000000000 END
            FROM generate_series(10, 4000) AS n"""
        )
        connection.execute(
            """INSERT INTO many.saves (run, seq, kind, full_save, epoch, at, digest, payload)
            SELECT 'r' || n, 0, 'input', true, 0, 0, '', '' FROM generate_series(10, 4000) AS n"""
        )
        create(store, "r5", "Shop1")
        connection.execute("ANALYZE many.runs, many.saves, many.decisions")
    yield store
    store.close()


def test_no_index_of_runs_is_touched_by_a_save() -> None:
    """Columns that a save changes stand in no index."""
    changed = {"updated_at", "seq", "full_seq", "first_seq", "step_name", "digest"}
    for statement in [*SCHEMA, *Statements("stepkit").tables()]:
        if statement.startswith("CREATE INDEX"):
            assert set(re.findall(r"\w+", statement.split(" ON ", 1)[1])) & changed == set()
