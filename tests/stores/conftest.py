"""The stores that the tests of this folder run on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from stepkit.stores import DurabilityWarning, EncryptedStore, MemoryStore, SqliteStore, Store

pytest.register_assert_rewrite("store_suite", "store_suite_ends", "store_suite_reads")

KEY = bytes(range(32))
KINDS = ["memory", "sqlite", "encrypted"]

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
        case "sqlite":
            return _fast_sqlite(folder / "runs.db")
        case _:
            return EncryptedStore(_fast_sqlite(folder / "runs.db"), [KEY])


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
