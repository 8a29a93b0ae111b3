"""The stores that the tests of this folder run on."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from store_kinds import FULL, Worker, open_store_of

from stepkit.stores import Store

pytest.register_assert_rewrite("store_suite", "store_suite_ends", "store_suite_names", "store_suite_reads")

KINDS = ["memory", "sqlite", "postgres", "redis", "encrypted"]
SHARED = ["sqlite", "postgres", "redis"]
"""Those that several processes can have."""


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "stores(*kinds): runs on these kinds of stores, not on all")


def pytest_generate_tests(metafunc: Any) -> None:
    if "target" in metafunc.fixturenames:
        marker = metafunc.definition.get_closest_marker("stores")
        metafunc.parametrize("target", marker.args if marker else KINDS, indirect=True)


@pytest.fixture
def target(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[str, str]:
    """The kind of a store and where it is: a database that is empty."""
    match request.param:
        case "postgres":
            return "postgres", request.getfixturevalue("postgres_database")
        case "redis":
            return "redis", request.getfixturevalue("redis_database")
        case kind:
            return kind, str(tmp_path / "runs.db")


@pytest.fixture(scope="session")
def postgres_tables(postgres_url: str) -> str:
    """The URL of a database in which the tables are there; what it commits does not wait for the disk."""
    url = postgres_url + "&options=-c%20synchronous_commit%3Doff"
    open_store_of("postgres", url).close()
    return url


@pytest.fixture
def postgres_database(postgres_tables: str, postgres_cleaner: Any) -> str:
    postgres_cleaner.execute("DELETE FROM stepkit.runs")
    return postgres_tables


@pytest.fixture(scope="session")
def postgres_cleaner(postgres_tables: str) -> Iterator[Any]:
    import psycopg

    # its name is not that of stores, whose connections a test has ended
    with psycopg.connect(postgres_tables, autocommit=True, application_name="cleaner") as connection:
        yield connection


@pytest.fixture
def redis_database(redis_url: str, redis_client: object) -> str:
    return redis_url


@pytest.fixture(scope="session")
def stores_on_servers() -> Iterator[dict[tuple[str, str], Store]]:
    """Stores that keep their connections from test to test."""
    opened: dict[tuple[str, str], Store] = {}
    yield opened
    for store in opened.values():
        store.close()


@pytest.fixture
def store(target: tuple[str, str], stores_on_servers: dict[tuple[str, str], Store]) -> Iterator[Store]:
    """A store that is empty."""
    if target[0] in ("postgres", "redis"):
        if target not in stores_on_servers:
            stores_on_servers[target] = open_store_of(*target)
        yield stores_on_servers[target]
    else:
        with open_store_of(*target) as store:
            yield store


@pytest.fixture(scope="session")
def crew() -> Iterator[list[Worker]]:
    """Processes that open what they are told to."""
    workers = [Worker("none", "") for _ in range(32 if FULL else 4)]
    yield workers
    for worker in workers:
        worker.end()


@pytest.fixture
def workers(crew: list[Worker], target: tuple[str, str]) -> list[Worker]:
    """Processes with a store each over the database of the test."""
    for worker in crew:
        worker.tell("open", *target)
    assert [worker.answer() for worker in crew] == ["open"] * len(crew)
    return crew


@pytest.fixture
def servers_folder() -> Iterator[Path]:
    """A folder for a server of the test's own: with a short path, and readable to the user that PostgreSQL runs as."""
    folder = Path(tempfile.mkdtemp(prefix="stepkit-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def rounds() -> int:
    return 100 if FULL else 6
