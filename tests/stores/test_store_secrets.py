"""What must not be told: contexts, payloads, passwords; and what only an ``EncryptedStore`` hides."""

from __future__ import annotations

import base64
import gc
import logging
import secrets
import sqlite3
import traceback
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from store_kinds import KEY, open_store_of
from store_suite import LAPSED, begin, create, step, wait

from stepkit.errors import AlreadyDecidedError, CorruptCheckpointError, RunConflictError, StoreKeyError
from stepkit.stores import EncryptedStore, MemoryStore, PostgresStore, RedisStore, SqliteStore, Store, open_store

CANARY = "c4n4ry"

URLS = [
    f"postgresql://{CANARY}:{CANARY}@127.0.0.1:1/{CANARY}",
    f"postgresql://u:{CANARY}@nowhere.invalid/db?connect_timeout=2",
    f"postgresql://u:{CANARY}@/db?host=/{CANARY}/none",
    f"postgresql://u:{CANARY}@h:notaport{CANARY}/db",
    f"postgresql://u:{CANARY}@h/db?{CANARY}={CANARY}",
    f"postgresql://u:{CANARY}%zz@h/db",
    f"postgres://u:{CANARY}@[::1{CANARY}/db",
    f"redis://{CANARY}:{CANARY}@127.0.0.1:1/0",
    f"redis://:{CANARY}@nowhere.invalid:1/0",
    f"rediss://:{CANARY}@127.0.0.1:1/0",
    f"unix://{CANARY}:{CANARY}@/{CANARY}/none.sock",
    f"redis://:{CANARY}@h:port{CANARY}/0",
    f"redis://:{CANARY}@h/{CANARY}",
    f"redis://u:{CANARY}@127.0.0.1:1?socket_timeout={CANARY}",
    f"mysql://u:{CANARY}@h/db",
    f"sqlite://{CANARY}/runs.db",
    f"sqlite:///{CANARY}/none/runs.db",
    f"{CANARY}",
]


def told(error: BaseException, log: pytest.LogCaptureFixture) -> str:
    """All that a log, a console or a person sees of an error."""
    shown = [str(error), repr(error), *traceback.format_exception(error), log.text, repr(vars(error))]
    return "\n".join(line for line in shown if not line.startswith("  File"))


@pytest.mark.parametrize("url", URLS)
def test_no_part_of_a_url_is_told(url: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)

    def use() -> None:
        store = open_store(url)
        assert CANARY not in repr(store)
        store.get("run")

    with pytest.raises((ValueError, OSError)) as caught:
        use()
    error = caught.value
    caught.value.__traceback__ = None  # whose lines are of this file
    assert CANARY not in told(error, caplog)


def test_an_error_says_what_can_be_said() -> None:
    with pytest.raises(OSError, match="connection refused"):
        PostgresStore("postgresql://u:p@127.0.0.1:1/db").get("run")
    with pytest.raises(OSError, match="connection refused"):
        RedisStore("redis://127.0.0.1:1/0").get("run")


CALLS: dict[str, Callable[[Store], Any]] = {
    "conflict": lambda store: create(store, payload=CANARY.encode(), input_digest="other"),
    "a payload of a wrong type": lambda store: create(store, "new", payload=CANARY),
    "claimed": lambda store: store.claim("run", "bob", 60.0),
    "lost": lambda store: store.save("run", 7, step(1, CANARY.encode())),
    "a number that is taken": lambda store: store.save("run", 1, step(1, CANARY.encode() * 2)),
    "a number left out": lambda store: store.finish("run", 1, "failed", error=CANARY.encode(), save=step(9)),
    "a finish that is lost": lambda store: store.finish("run", 9, "failed", error=CANARY.encode()),
    "decided": lambda store: store.decide("done", "approve", gate="g", payload=CANARY.encode(), reason=CANARY),
    "does not wait": lambda store: store.decide("run", "approve", gate="g", payload=CANARY.encode(), reason=CANARY),
    "expired": lambda store: store.decide("late", "approve", gate="g", payload=CANARY.encode(), reason=CANARY),
    "not there": lambda store: store.decide("none", "approve", gate="g", payload=CANARY.encode(), reason=CANARY),
    "a reason": lambda store: store.decide("run", "cancel", reason=CANARY + "\0"),
    "an id": lambda store: store.get(CANARY + "/"),
    "a name": lambda store: store.list(flow=CANARY + "\n"),
    "a status": lambda store: store.list(status=CANARY),  # type: ignore[arg-type]
    "a cursor": lambda store: store.list(cursor=CANARY),
}


@pytest.mark.parametrize("call", CALLS)
def test_no_value_is_told(store: Store, call: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    begin(store)
    store.save("run", 1, step(1, CANARY.encode()))
    wait(store, "done", gate="g")
    store.decide("done", "approve", gate="g", payload=CANARY.encode() + b"!", reason=CANARY)
    wait(store, "late", gate="g", expires_in=0.0)
    with pytest.raises((ValueError, TypeError, RuntimeError, LookupError, OSError)) as caught:
        CALLS[call](store)
    error = caught.value
    error.__traceback__ = error.__context__ = None  # lines and calls of this file
    assert CANARY not in told(error, caplog)


def test_a_store_that_is_forgotten_closes_its_connections(tmp_path: Path) -> None:
    other = open_store_of("sqlite", str(tmp_path / "other.db"))
    create(other)
    del other
    gc.collect()
    assert not (tmp_path / "other.db-wal").exists()


# -- encryption --------------------------------------------------------------------------------------------------------

NEW = bytes(range(100, 132))


@pytest.fixture
def path(tmp_path: Path) -> str:
    return str(tmp_path / "runs.db")


def encrypted(path: str, *keys: bytes) -> EncryptedStore:
    return EncryptedStore(open_store_of("sqlite", path), keys or [KEY])


def lived(store: Store) -> None:
    """A run with a canary in all that is sealed."""
    create(store, payload=CANARY.encode(), input_digest=CANARY)
    store.claim("run", "ana", 60.0)
    store.save("run", 1, step(1, CANARY.encode() * 9))
    store.finish("run", 1, "waiting", waiting_for="g", save=step(2, CANARY.encode() * 3, full=True))
    store.decide("run", "approve", gate="g", payload=CANARY.encode(), by="ana", reason=CANARY)
    store.claim("run", "ana", 60.0)
    store.finish("run", 2, "failed", error=CANARY.encode())


def test_the_database_never_has_what_is_sealed(path: str) -> None:
    with encrypted(path) as store:
        lived(store)
        files = [*Path(path).parent.glob("runs.db*")]
        assert [file.name for file in files if CANARY.encode() in file.read_bytes()] == []
        assert any(b"step-1" in file.read_bytes() for file in files)
    state = encrypted(path).read("run")
    assert ([save.payload for save in state.saves], state.run.error) == ([CANARY.encode() * 3], CANARY.encode())
    assert (state.decisions[0].payload, state.decisions[0].reason) == (CANARY.encode(), CANARY)


def test_the_same_context_twice_does_not_look_the_same(path: str) -> None:
    with encrypted(path) as store:
        for id in ("a", "b"):
            begin(store, id)
            store.save(id, 1, step(1, b"same"))
            store.save(id, 1, step(2, b"same"))
    connection = sqlite3.connect(path)
    payloads = [payload for (payload,) in connection.execute("SELECT payload FROM stepkit_saves")]
    connection.close()
    assert len(set(payloads)) == 6
    assert len({payload[9:21] for payload in payloads}) == 6  # nonces


def test_keys_rotate(path: str) -> None:
    with encrypted(path, KEY) as store:
        lived(store)
        wait(store, "other")
        store.decide("other", "approve", gate="manager", payload=b"yes", by="ana")
    with encrypted(path, NEW, KEY) as store:
        claim = store.claim("run", "ana", 60.0)
        store.save("run", claim.run.epoch, step(3, b"new"))
        assert [save.payload for save in store.history("run")][-1] == b"new"
        assert not store.create("run", "Shop", b"", input_digest=CANARY)[1]  # the same input under another key
        assert store.decide("other", "approve", gate="manager", payload=b"yes", by="ana").status == "pending"
        with pytest.raises(RunConflictError):
            create(store, input_digest="other")
        with pytest.raises(AlreadyDecidedError):
            store.decide("other", "approve", gate="manager", payload=b"no", by="ana")
    with encrypted(path, NEW) as store, pytest.raises(StoreKeyError) as caught:
        store.read("run")
    assert (caught.value.run, len(caught.value.key_id)) == ("run", 16)


def test_a_run_that_cannot_be_opened_is_not_claimed(path: str) -> None:
    with encrypted(path, KEY) as store:
        create(store)
    with encrypted(path, NEW) as store:
        with pytest.raises(StoreKeyError):
            store.claim("run", "ana", 60.0)
        assert (store.get("run").status, store.get("run").owner) == ("pending", None)


def test_what_is_moved_does_not_open(path: str) -> None:
    """Whoever writes into the database cannot give a run the context of another run or of another step."""
    plain = open_store_of("sqlite", path)
    store = EncryptedStore(plain, [KEY])
    for id in ("a", "b"):
        begin(store, id, lease=LAPSED)
        store.save(id, 1, step(1, b"of " + id.encode(), full=True))
    stolen = plain.read("a").saves[0]
    plain.save("b", 1, step(2, stolen.payload, full=True))
    plain.save("a", 1, step(2, stolen.payload, full=True))
    plain.save("a", 1, step(3, stolen.payload, kind="start"))
    for id in ("a", "b"):
        with pytest.raises(CorruptCheckpointError):
            store.read(id)
    plain.close()


def test_what_was_never_sealed_does_not_open() -> None:
    plain = MemoryStore()
    create(plain, payload=b"plain text that nobody sealed")
    with pytest.raises(CorruptCheckpointError):
        EncryptedStore(plain, [KEY]).read("run")


def test_every_byte_of_what_is_sealed_counts() -> None:
    plain = MemoryStore()
    store = EncryptedStore(plain, [KEY])
    create(store, payload=b"context")
    entry = plain._entries["run"]
    sealed = entry.saves[0].payload
    for place in range(len(sealed)):
        changed = sealed[:place] + bytes([sealed[place] ^ 1]) + sealed[place + 1 :]
        entry.saves[0] = replace(entry.saves[0], payload=changed)
        with pytest.raises((CorruptCheckpointError, StoreKeyError)):
            store.read("run")
    entry.saves[0] = replace(entry.saves[0], payload=sealed[:5])
    with pytest.raises((CorruptCheckpointError, StoreKeyError)):
        store.read("run")


def test_a_key_may_be_text() -> None:
    for text in (base64.b64encode(KEY).decode(), base64.urlsafe_b64encode(NEW).decode()):
        store = EncryptedStore(MemoryStore(), [text])
        assert create(store).status == "pending"


@pytest.mark.parametrize("key", [b"", b"short", "text", b"x" * 33, "é" * 44, None, 7, CANARY])
def test_what_is_no_key_is_refused_and_not_told(key: Any) -> None:
    with pytest.raises(ValueError, match="32 bytes") as caught:
        EncryptedStore(MemoryStore(), [key])
    assert CANARY not in str(caught.value)
    with pytest.raises(ValueError, match="needs a key"):
        EncryptedStore(MemoryStore(), [])


def test_a_store_does_not_show_its_keys(path: str) -> None:
    store = EncryptedStore(SqliteStore(path), [secrets.token_bytes(32)])
    assert repr(store) == "<EncryptedStore of <SqliteStore>>"
