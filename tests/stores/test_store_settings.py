"""How stores are opened and set up: files, URLs, pools, versions, warnings; what they write and how they search."""

from __future__ import annotations

import re
import sqlite3
import stat
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from store_kinds import open_store_of
from store_suite import begin, create, step

from stepkit.errors import InvalidIdError, StoreUnavailableError, StoreVersionError
from stepkit.stores import (
    DurabilityWarning,
    EncryptedStore,
    MemoryStore,
    NewSave,
    PostgresStore,
    RedisStore,
    SqliteStore,
    Store,
    as_datetime,
    as_microseconds,
    open_store,
)
from stepkit.stores.postgres_sql import Statements
from stepkit.stores.sqlite_file import SCHEMA


def test_every_store_is_a_store(store: Store) -> None:
    assert isinstance(store, Store)


def test_times_are_converted_exactly() -> None:
    for microseconds in (0, 1, 1_795_812_199_378_559, 2**52 + 1):
        assert as_microseconds(as_datetime(microseconds)) == microseconds
    assert as_datetime(1_500_000).isoformat() == "1970-01-01T00:00:01.500000+00:00"


# -- opening -----------------------------------------------------------------------------------------------------------


def test_open_store_knows_every_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    kinds = {
        "memory:": MemoryStore,
        "sqlite:///runs.db": SqliteStore,
        f"sqlite:///{tmp_path}/other%20runs.db": SqliteStore,
        "postgresql://u:p@localhost:1/db": PostgresStore,
        "postgres://localhost/db": PostgresStore,
        "redis://localhost:1/0": RedisStore,
        "rediss://localhost:1/0": RedisStore,
        "unix:///tmp/none.sock": RedisStore,
    }
    stores = {url: open_store(url) for url in kinds}
    assert {url: type(store) for url, store in stores.items()} == kinds
    with stores["sqlite:///runs.db"] as store, stores[f"sqlite:///{tmp_path}/other%20runs.db"] as other:
        create(store)
        create(other)
    assert sorted(path.name for path in tmp_path.glob("*.db")) == ["other runs.db", "runs.db"]


@pytest.mark.parametrize(
    "url",
    [
        "",
        "runs.db",
        "sqlite:",
        "sqlite://runs.db",
        "sqlite:///",
        "sqlite:///:memory:",
        "sqlite:///a.db?mode=ro",
        "mysql://s3cr3t@h",
    ],
)
def test_a_url_that_no_store_has_is_refused_and_not_shown(url: str) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011
        open_store(url)
    assert "s3cr3t" not in str(caught.value)


def test_a_sqlite_store_is_a_file_of_the_path_that_it_was_made_with(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    store = SqliteStore("runs.db")
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    with store:
        create(store)
    assert (tmp_path / "runs.db").exists()


def test_the_files_of_a_sqlite_store_are_their_owners_only(tmp_path: Path) -> None:
    with SqliteStore(tmp_path / "runs.db") as store:
        create(store)
        modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    assert modes == {"runs.db": 0o600, "runs.db-shm": 0o600, "runs.db-wal": 0o600}


def test_a_sqlite_store_waits_for_the_disk_at_each_commit(tmp_path: Path) -> None:
    with SqliteStore(tmp_path / "runs.db") as store:
        store.setup()
        with store._connections.one(store._connect) as connection:
            assert connection.execute("PRAGMA synchronous").fetchone() == (2,)
            assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)


@pytest.mark.parametrize("path", ["", ":memory:"])
def test_a_sqlite_store_is_never_in_memory(path: str) -> None:
    with pytest.raises(ValueError, match="MemoryStore"):
        SqliteStore(path)


def test_a_file_that_cannot_be_made_is_told_without_its_path(tmp_path: Path) -> None:
    with pytest.raises(StoreUnavailableError, match="SQLite") as caught:
        SqliteStore(tmp_path / "s3cr3t" / "runs.db").setup()
    assert "s3cr3t" not in str(caught.value)


def test_two_runs_tables_can_share_a_sqlite_file_with_others(tmp_path: Path) -> None:
    connection = sqlite3.connect(tmp_path / "app.db")
    connection.execute("CREATE TABLE orders (id)")
    connection.commit()
    connection.close()
    with open_store_of("sqlite", str(tmp_path / "app.db")) as store:
        assert create(store).status == "pending"


# -- what is promised less ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("synchronous", ["OFF", "NORMAL"])
def test_a_sqlite_store_that_does_not_wait_for_the_disk_warns_once(tmp_path: Path, synchronous: Any) -> None:
    store = SqliteStore(tmp_path / "runs.db", synchronous=synchronous)
    with pytest.warns(DurabilityWarning, match=f"synchronous={synchronous}") as caught:
        create(store)
        store.setup()
        store.close()
        store.get("run")
        store.close()
    assert len(caught) == 1


def test_a_postgresql_that_does_not_wait_for_the_disk_warns_once(postgres_tables: str) -> None:
    with PostgresStore(postgres_tables) as store:
        with pytest.warns(DurabilityWarning, match="synchronous_commit=off") as caught:
            store.list()
            store.setup()
        assert len([each for each in caught if "synchronous_commit" in str(each.message)]) == 1


def test_a_redis_without_a_file_or_with_eviction_warns(redis_client: Any, redis_url: str) -> None:
    limits = redis_client.config_get("maxmemory*")
    redis_client.config_set("maxmemory", "900mb")
    redis_client.config_set("maxmemory-policy", "allkeys-lru")
    try:
        with RedisStore(redis_url) as store, pytest.warns(DurabilityWarning) as caught:
            store.list()
    finally:
        redis_client.config_set("maxmemory", limits["maxmemory"])
        redis_client.config_set("maxmemory-policy", limits["maxmemory-policy"])
    assert sorted(str(each.message).split(":")[0] for each in caught) == [
        "this Redis evicts keys when its memory is full",
        "this Redis has no append-only file",
    ]


def test_a_store_that_keeps_its_promises_does_not_warn(tmp_path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with SqliteStore(tmp_path / "runs.db") as store:
            create(store)


# -- versions ----------------------------------------------------------------------------------------------------------


@pytest.mark.stores("sqlite", "postgres", "redis")
def test_a_schema_that_is_newer_is_refused(store: Store, target: tuple[str, str]) -> None:
    kind, place = target
    create(store)
    with newer(kind, place):
        with pytest.raises(StoreVersionError) as caught:
            open_store_of(kind, place).setup()
        assert (caught.value.found, caught.value.known) == (2, 1)
    assert store.get("run").status == "pending"


class newer:
    """What is stored has version 2, for a while."""

    def __init__(self, kind: str, place: str) -> None:
        self.kind, self.place = kind, place

    def set(self, version: int) -> None:
        if self.kind == "sqlite":
            from stepkit.stores.digests import digest

            connection = sqlite3.connect(self.place)
            connection.execute("UPDATE stepkit_meta SET version = ?, digest = ?", (version, digest("version", version)))
            connection.commit()
            connection.close()
        elif self.kind == "postgres":
            import psycopg

            with psycopg.connect(self.place, autocommit=True) as connection:
                connection.execute("UPDATE stepkit.meta SET version = %s", (version,))
        else:
            import redis

            with redis.Redis.from_url(self.place) as client:
                client.set("{stepkit:}version", version)

    def __enter__(self) -> None:
        self.set(2)

    def __exit__(self, *error: object) -> None:
        self.set(1)


# -- schemas, prefixes, pools and clients ------------------------------------------------------------------------------


@pytest.mark.parametrize("schema", ["other", 'odd "name"; --', "100%", "Ünï", "a.b"])
def test_a_postgresql_schema_is_a_name_and_apart_from_others(
    postgres_database: str, schema: str, recwarn: pytest.WarningsRecorder
) -> None:
    with PostgresStore(postgres_database) as plain, PostgresStore(postgres_database, schema=schema) as store:
        create(plain)
        create(store, "other")
        store.claim("other", "ana", 60.0)
        store.save("other", 1, step(1, full=True), keep="last")
        assert store.list(waiting_for="x").runs == store.list(status="failed").runs == ()
        assert [run.id for run in store.list().runs] == ["other"]
        assert [run.id for run in plain.list().runs] == ["run"]
        with store._connections.one(store._connect) as connection:
            connection.execute(f"DROP SCHEMA {store._statements.schema.replace('%%', '%')} CASCADE")


@pytest.mark.parametrize("schema", ["", "x" * 64, "é" * 40, "a\0b"])
def test_what_is_no_schema_is_refused(schema: str) -> None:
    with pytest.raises(ValueError, match="name"):
        PostgresStore("postgresql://localhost/db", schema=schema)


def test_a_postgresql_store_can_use_a_pool(postgres_database: str, recwarn: pytest.WarningsRecorder) -> None:
    psycopg_pool = pytest.importorskip("psycopg_pool")
    for options in ({"autocommit": True}, {}):
        with psycopg_pool.ConnectionPool(postgres_database, min_size=1, kwargs=options, open=True) as pool:
            store = PostgresStore(pool)
            begin(store)
            store.save("run", 1, step(1))
            assert store.finish("run", 1, "completed").seq == 1
            store.delete("run")
            store.close()
            assert not pool.closed


def test_prefixes_keep_runs_of_one_redis_apart(
    redis_url: str, redis_client: Any, recwarn: pytest.WarningsRecorder
) -> None:
    stores = [RedisStore(redis_url, prefix=prefix) for prefix in ("a", "a:", "*", "a:run:")]
    for number, store in enumerate(stores):
        create(store, f"r{number}")
    assert [[run.id for run in store.list().runs] for store in stores] == [["r0"], ["r1"], ["r2"], ["r3"]]
    assert {re.match(rb"\{.*?\}", key)[0] for key in redis_client.keys()} == {b"{a}", b"{a:}", b"{*}", b"{a:run:}"}  # type: ignore[index]
    for store in stores:
        store.close()


def test_a_redis_store_can_use_a_client(redis_client: Any, recwarn: pytest.WarningsRecorder) -> None:
    import redis

    store = RedisStore(redis_client)
    assert create(store).status == "pending"
    store.close()
    assert redis_client.ping()
    with redis.Redis(decode_responses=True) as client, pytest.raises(ValueError, match="decode_responses"):
        RedisStore(client)
    with pytest.raises(ValueError, match="braces"):
        RedisStore("redis://localhost", prefix="{x}")


def test_no_key_of_redis_has_a_name_from_outside(
    redis_url: str, redis_client: Any, recwarn: pytest.WarningsRecorder
) -> None:
    with RedisStore(redis_url) as store:
        create(store, "o'ut\\side", "Outside")
        assert all(re.fullmatch(rb"\{stepkit:\}[a-z]+(:[0-9a-f]{32})?", key) for key in redis_client.keys())
        store.delete("o'ut\\side")
        assert sorted(redis_client.keys()) == [b"{stepkit:}version"]


# -- what is written, and how it is searched ---------------------------------------------------------------------------


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


@pytest.mark.parametrize("name", [MemoryStore, EncryptedStore])
def test_ids_are_checked_before_anything_is_opened(name: Any, tmp_path: Path) -> None:
    store = MemoryStore() if name is MemoryStore else EncryptedStore(SqliteStore(tmp_path / "x.db"), [bytes(32)])
    with pytest.raises(InvalidIdError):
        store.get("a/b")
    assert not (tmp_path / "x.db").exists()
