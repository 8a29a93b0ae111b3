"""The stores that the tests of this folder run on."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from stepkit.stores import DurabilityWarning, EncryptedStore, MemoryStore, PostgresStore, RedisStore, SqliteStore, Store

pytest.register_assert_rewrite("store_suite", "store_suite_ends", "store_suite_reads")

KEY = bytes(range(32))
KINDS = ["memory", "sqlite", "postgres", "redis", "encrypted"]

Opener = Callable[[], Store]


@pytest.fixture
def opener(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Opener]:
    """Gives a store of the kind ``request.param``; each call another one over the same database, empty at first."""
    kind = request.param
    opened: list[Store] = []

    def open() -> Store:
        opened.append(_store(kind, request, tmp_path))
        return opened[-1]

    yield open
    for store in opened:
        store.close()


def _store(kind: str, request: pytest.FixtureRequest, folder: Path) -> Store:
    match kind:
        case "memory":
            return MemoryStore()
        case "postgres":
            return _postgres(request.getfixturevalue("postgres_schema"))
        case "redis":
            return _redis(request.getfixturevalue("redis_database"))
        case "sqlite":
            return _fast_sqlite(folder / "runs.db")
        case _:
            return EncryptedStore(_fast_sqlite(folder / "runs.db"), [KEY])


@pytest.fixture(scope="session")
def postgres_tables(postgres_url: str) -> str:
    """The URL of a database in which the tables are there."""
    _postgres(postgres_url).close()
    return postgres_url


@pytest.fixture
def postgres_schema(postgres_tables: str) -> str:
    """The same, and they are empty."""
    import psycopg

    with psycopg.connect(postgres_tables, autocommit=True) as connection:
        connection.execute("DELETE FROM stepkit.runs")
    return postgres_tables


def _postgres(url: str) -> Store:
    store = PostgresStore(url + "&options=-c%20synchronous_commit%3Doff")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DurabilityWarning)  # of how the server of the tests is set
        store.setup()
    return store


@pytest.fixture
def redis_database(redis_url: str, redis_client: object) -> str:
    """The URL of a database that is empty."""
    return redis_url


def _redis(url: str) -> Store:
    store = RedisStore(url)
    with pytest.warns(DurabilityWarning, match="append-only"):
        store.setup()
    return store


def _fast_sqlite(path: Path) -> Store:
    """Without waiting for the disk, which only tests that kill something are about."""
    store = SqliteStore(path, synchronous="OFF")
    with pytest.warns(DurabilityWarning):
        store.setup()
    return store


@pytest.fixture
def store(opener: Opener) -> Store:
    return opener()


def pytest_generate_tests(metafunc: Any) -> None:
    """On every store, unless the test says on which."""
    if "opener" in metafunc.fixturenames:
        marker = metafunc.definition.get_closest_marker("stores")
        kinds = list(marker.args) if marker else KINDS
        metafunc.parametrize("opener", kinds, indirect=True)
