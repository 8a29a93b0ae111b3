"""How stores are opened and set up: files, URLs, pools, versions, warnings; what they write and how they search."""

from __future__ import annotations

import re
import sqlite3
import stat
import warnings
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
    PostgresStore,
    RedisStore,
    SqliteStore,
    Store,
    as_datetime,
    as_microseconds,
    open_store,
)


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


@pytest.mark.parametrize("name", [MemoryStore, EncryptedStore])
def test_ids_are_checked_before_anything_is_opened(name: Any, tmp_path: Path) -> None:
    store = MemoryStore() if name is MemoryStore else EncryptedStore(SqliteStore(tmp_path / "x.db"), [bytes(32)])
    with pytest.raises(InvalidIdError):
        store.get("a/b")
    assert not (tmp_path / "x.db").exists()
