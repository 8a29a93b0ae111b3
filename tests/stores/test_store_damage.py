"""What is damaged is found: a SQLite file bit by bit, and records that somebody changed in any store."""

from __future__ import annotations

import random
import sqlite3
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from store_kinds import FULL, open_store_of
from store_suite import LAPSED, begin, create, step, wait

from stepkit.errors import CorruptCheckpointError, StepkitError
from stepkit.stores import Store

IDS = ["done", "open", "waits", "decided", "fresh"]


def furnished(path: Path) -> Store:
    """A file with runs of every kind, all of it in the file itself."""
    store = open_store_of("sqlite", str(path))
    begin(store, "done")
    for seq in range(1, 6):
        store.save("done", 1, step(seq, b"%d" % seq * 300, full=seq == 3))
    store.finish("done", 1, "failed", error=b"boom" * 20)
    begin(store, "open", lease=LAPSED)
    store.save("open", 1, step(1, b"x" * 9_000, full=True))  # of several pages
    store.save("open", 1, step(2))
    wait(store, "waits", expires_in=900.0)
    wait(store, "decided")
    store.decide("decided", "approve", gate="manager", payload=b"yes" * 50, by="ana", reason="because")
    create(store, "fresh", parent="done", step_name="step-3")
    store.close()
    return store


def everything(store: Store) -> dict[str, Any]:
    """What can be read of each run, or the name of the error."""
    found: dict[str, Any] = {}
    for id in IDS:
        for name, read in (("get", store.get), ("read", store.read), ("history", store.history)):
            found[f"{name} {id}"] = attempted(lambda read=read, id=id: read(id))  # type: ignore[misc]
    return found


def attempted(call: Callable[[], Any]) -> Any:
    """What it gives, or the name of its error."""
    try:
        return call()
    except StepkitError as error:
        return type(error).__name__


def outcome(path: Path, expected: dict[str, Any]) -> str:
    """ "right" if every reading gives what was stored, "told" if some raise; different data fails the test."""
    try:
        store = open_store_of("sqlite", str(path))
    except CorruptCheckpointError:
        return "told"
    found = everything(store)
    listed: Any = attempted(lambda: [*store.list().runs])
    assert isinstance(listed, str) or all(run == expected[f"get {run.id}"] for run in listed)
    claimed: Any = attempted(lambda: store.claim("open", "bob", 60.0).saves)
    assert claimed in ("CorruptCheckpointError", expected["read open"].saves)
    store.close()
    different = [name for name, value in found.items() if value not in (expected[name], "CorruptCheckpointError")]
    assert different == []
    return "right" if found == expected else "told"


def test_a_file_with_a_flipped_bit_gives_right_data_or_an_error(tmp_path: Path) -> None:
    path = tmp_path / "runs.db"
    store = furnished(path)
    expected = everything(store)
    store.close()
    whole = path.read_bytes()
    chance = random.Random(7)
    outcomes: Counter[str] = Counter()
    used = [place for place, byte in enumerate(whole) if byte]  # the rest is mostly unused
    for number in range(1_000 if FULL else 150):
        place = chance.choice(used) if number % 4 else chance.randrange(len(whole))
        damaged = bytearray(whole)
        damaged[place] ^= 1 << chance.randrange(8)
        flipped = tmp_path / f"{number}.db"
        flipped.write_bytes(damaged)
        outcomes[outcome(flipped, expected)] += 1
        for file in tmp_path.glob(f"{number}.db*"):
            file.unlink()
    assert outcomes["right"] > 0
    assert outcomes["told"] > 0


def test_a_file_that_was_cut_off_gives_right_data_or_an_error(tmp_path: Path) -> None:
    path = tmp_path / "runs.db"
    store = furnished(path)
    expected = everything(store)
    store.close()
    whole = path.read_bytes()
    chance = random.Random(8)
    for number in range(300 if FULL else 50):
        cut = tmp_path / f"{number}.db"
        cut.write_bytes(whole[: chance.randrange(1, len(whole))])
        assert outcome(cut, expected) in ("right", "told")
        for file in tmp_path.glob(f"{number}.db*"):
            file.unlink()


def test_a_file_that_is_something_else_is_told(tmp_path: Path) -> None:
    path = tmp_path / "runs.db"
    path.write_bytes(b"a letter to a friend\n" * 100)
    with pytest.raises(CorruptCheckpointError) as caught:
        open_store_of("sqlite", str(path))
    assert caught.value.run is None
    assert path.read_bytes().startswith(b"a letter")


# -- records that somebody changed -------------------------------------------------------------------------------------

KINDS = pytest.mark.stores("sqlite", "postgres", "redis", "encrypted")


def change_save(target: tuple[str, str], id: str, seq: int) -> None:
    """Change a byte of a stored payload behind the store's back."""
    kind, place = target
    if kind == "redis":
        import redis

        from stepkit.stores import RedisStore

        with redis.Redis.from_url(place) as client:
            key = RedisStore(place)._keys(id)[1]
            element = bytearray(client.lindex(key, seq))  # type: ignore[arg-type]
            element[-1] ^= 1
            client.lset(key, seq, bytes(element))
    elif kind == "postgres":
        import psycopg

        with psycopg.connect(place, autocommit=True) as connection:
            changed = "set_byte(payload, length(payload) - 1, get_byte(payload, length(payload) - 1) # 1)"
            query = f"UPDATE stepkit.saves SET payload = {changed} WHERE run = %s AND seq = %s"
            connection.execute(query, (id, seq))
    else:
        connection = sqlite3.connect(place)
        (payload,) = connection.execute(
            "SELECT payload FROM stepkit_saves WHERE run = ? AND seq = ?", (id, seq)
        ).fetchone()
        payload = payload[:-1] + bytes([payload[-1] ^ 1])
        connection.execute("UPDATE stepkit_saves SET payload = ? WHERE run = ? AND seq = ?", (payload, id, seq))
        connection.commit()
        connection.close()


def chain(store: Store) -> None:
    """0 is the input, 2 and 5 are full."""
    begin(store, lease=LAPSED)
    for seq in range(1, 8):
        store.save("run", 1, step(seq, full=seq in (2, 5)))


@KINDS
@pytest.mark.parametrize(("damaged", "older"), [(7, 6), (6, 5), (5, 4)])
def test_damage_in_what_a_resume_needs_names_the_last_complete_checkpoint(
    store: Store, target: tuple[str, str], damaged: int, older: int
) -> None:
    chain(store)
    change_save(target, "run", damaged)
    before = store.get("run")
    for read in (lambda: store.read("run"), lambda: store.claim("run", "bob", 60.0), lambda: store.history("run")):
        with pytest.raises(CorruptCheckpointError, match=f'the one after step "step-{older}"') as caught:
            read()
        error = caught.value
        assert (error.run, error.seq, error.older_seq, error.older_step) == ("run", damaged, older, f"step-{older}")
    after = store.get("run")
    assert (after.status, after.seq, after.owner) == ("running", before.seq, after.owner)
    assert store.read("run", upto=older).saves[-1].payload == step(older).payload


@KINDS
def test_damage_in_older_saves_does_not_stop_a_resume(store: Store, target: tuple[str, str]) -> None:
    chain(store)
    change_save(target, "run", 1)
    assert [save.seq for save in store.claim("run", "bob", 60.0).saves] == [5, 6, 7]
    with pytest.raises(CorruptCheckpointError, match="that of the input"):
        store.history("run")


@KINDS
def test_a_damaged_input_leaves_nothing_older(store: Store, target: tuple[str, str]) -> None:
    create(store)
    change_save(target, "run", 0)
    with pytest.raises(CorruptCheckpointError) as caught:
        store.claim("run", "ana", 60.0)
    assert (caught.value.seq, caught.value.older_seq) == (0, None)
    run = store.get("run")
    assert (run.status, run.owner) == ("pending", None)
    with pytest.raises(CorruptCheckpointError):  # and again
        store.claim("run", "ana", 60.0)


@KINDS
@pytest.mark.parametrize("what", ["decision", "error"])
def test_damage_elsewhere_is_told_too(store: Store, target: tuple[str, str], what: str) -> None:
    wait(store)
    store.decide("run", "approve", gate="manager", payload=b"yes")
    store.claim("run", "ana", 60.0)
    store.finish("run", 2, "failed", error=b"boom")
    change_elsewhere(target, what)
    reads: list[Callable[[], Any]] = [lambda: store.read("run"), lambda: store.claim("run", "ana", 60.0)]
    if what == "error":
        reads += [lambda: store.get("run"), lambda: store.list()]
    for read in reads:
        with pytest.raises(CorruptCheckpointError):
            read()


def change_elsewhere(target: tuple[str, str], what: str) -> None:
    kind, place = target
    if kind == "redis":
        import redis

        from stepkit.stores import RedisStore

        run, _, decisions, _ = RedisStore(place)._keys("run")
        key, field = (decisions, "gmanager") if what == "decision" else (run, "error")
        with redis.Redis.from_url(place) as client:
            data = bytearray(client.hget(key, field))  # type: ignore[arg-type]
            data[-1] ^= 1
            client.hset(key, field, bytes(data))
    elif kind == "postgres":
        import psycopg

        table, column = ("decisions", "payload") if what == "decision" else ("runs", "error")
        with psycopg.connect(place, autocommit=True) as connection:
            connection.execute(f"UPDATE stepkit.{table} SET {column} = {column} || '\\x00'")
    else:
        table, column = ("stepkit_decisions", "payload") if what == "decision" else ("stepkit_runs", "error")
        connection = sqlite3.connect(place)
        connection.execute(f"UPDATE {table} SET {column} = {column} || x'00'")
        connection.commit()
        connection.close()
