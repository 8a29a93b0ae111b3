"""The service of ``docs/service.md``: started over a real socket, killed in the middle, started again."""

from __future__ import annotations

import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import httpx
import pytest

pytestmark = pytest.mark.in_one_piece

PAGE = Path(__file__).resolve().parents[2] / "docs" / "service.md"
PATIENCE = 60.0


class Service:
    """The page's program in a folder of its own, and its processes."""

    lease = 2.0

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        blocks = re.findall(r"^```python\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
        (folder / "service.py").write_text("\n\n".join(blocks), encoding="utf-8")
        self.processes: list[subprocess.Popen[bytes]] = []
        self.client = httpx.Client(timeout=PATIENCE)

    def _start(self, slow: float, *command: str) -> subprocess.Popen[bytes]:
        environment = {"SERVICE_LEASE": str(self.lease), "SERVICE_SLOW": str(slow), "PYTHONIOENCODING": "utf-8"}
        with (self.folder / "log").open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, *command], cwd=self.folder, stderr=log, env=os.environ | environment
            )
        self.processes.append(process)
        return process

    def serve(self, slow: float = 0.05) -> subprocess.Popen[bytes]:
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        server = self._start(slow, "-m", "uvicorn", "service:app", "--port", str(port), "--log-level", "warning")
        self.client.base_url = httpx.URL(f"http://127.0.0.1:{port}")
        self.until(lambda: self.answers() and server.poll() is None)
        return server

    def work(self, slow: float = 0.05) -> subprocess.Popen[bytes]:
        return self._start(slow, "service.py")

    def answers(self) -> bool:
        try:
            return self.client.get("/runs", params={"status": "none"}).is_success
        except httpx.TransportError:
            return False

    def create(self, topic: str) -> str:
        answer = self.client.post("/runs", json={"topic": topic})
        assert answer.status_code == 202
        return str(answer.json()["id"])

    def approve(self, run: str, by: str) -> int:
        return self.client.post(f"/runs/{run}/approve", json={"by": by}).status_code

    def runs(self, status: str) -> list[str]:
        return [run["id"] for run in self.client.get("/runs", params={"status": status}).json()]

    def rows(self, query: str) -> list[tuple[str, ...]]:
        with closing(sqlite3.connect(self.folder / "service.db")) as db:
            return db.execute(query).fetchall()

    def begun(self, step: str) -> int:
        return self.log().count(f"Step: {step}\n")

    def log(self) -> str:
        return (self.folder / "log").read_text(encoding="utf-8")

    def until(self, met: Callable[[], bool]) -> None:
        deadline = time.monotonic() + PATIENCE
        while not met():
            assert time.monotonic() < deadline, self.log()
            time.sleep(0.02)

    def close(self) -> None:
        self.client.close()
        for process in self.processes:
            process.kill()
            process.wait()


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    with closing(Service(tmp_path)) as made:
        yield made


def test_a_server_that_was_killed_in_a_step_goes_on_there_and_two_approvals_have_one_effect(service: Service) -> None:
    server = service.serve(slow=1.0)
    run = service.create("moss")
    service.until(lambda: service.begun("draft") == 1)
    server.send_signal(signal.SIGKILL)
    server.wait()
    assert service.rows("SELECT status FROM runs") == [("running",)]

    service.serve()
    service.until(lambda: service.runs("waiting") == [run])
    assert (service.begun("research"), service.begun("draft"), service.begun("publish")) == (1, 2, 0)

    with ThreadPoolExecutor(8) as people:
        answers = list(people.map(lambda name: service.approve(run, name), "abcdefgh"))
    assert sorted(answers) == [200] + [409] * 7
    service.until(lambda: service.runs("done") == [run])
    winner = "abcdefgh"[answers.index(200)]
    assert service.rows("SELECT key, text FROM published") == [
        (f"{run}/publish", f"On moss: moss is old, moss is big. ({winner})")
    ]
    assert service.begun("publish") == 1
    assert service.approve("nobody", "ana") == 404


def test_a_process_that_was_killed_before_it_saved_that_it_had_published_publishes_once(service: Service) -> None:
    server = service.serve()
    run = service.create("moss")
    service.until(lambda: service.runs("waiting") == [run])
    ((waiting,),) = service.rows("SELECT checkpoint FROM runs")
    assert service.approve(run, "ana") == 200
    service.until(lambda: service.runs("done") == [run])
    server.send_signal(signal.SIGKILL)
    server.wait()
    with closing(sqlite3.connect(service.folder / "service.db")) as db, db:  # as the crash would have left it
        db.execute("UPDATE runs SET status = 'running', checkpoint = ?", (waiting,))

    service.serve()
    service.until(lambda: service.runs("done") == [run])
    assert service.begun("publish") == 2
    assert service.rows("SELECT text FROM published") == [("On moss: moss is old, moss is big. (ana)",)]


def test_a_server_that_shuts_down_ends_its_step_and_a_worker_goes_on(service: Service) -> None:
    server = service.serve(slow=1.0)
    run = service.create("moss")
    service.until(lambda: service.begun("research") == 1)
    server.send_signal(signal.SIGTERM)
    assert server.wait(PATIENCE) in (0, -signal.SIGTERM)
    assert service.rows("SELECT id, status FROM runs") == [(run, "ready")]
    assert (service.begun("research"), service.begun("draft")) == (1, 0)

    worker = service.work()
    service.until(lambda: service.rows("SELECT status FROM runs") == [("waiting",)])
    assert (service.begun("research"), service.begun("draft")) == (1, 1)
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(PATIENCE) == 0


def test_a_process_that_was_away_for_longer_than_its_lease_has_lost_its_run(service: Service) -> None:
    server = service.serve(slow=1.0)
    run = service.create("moss")
    service.until(lambda: service.begun("research") == 1)
    server.send_signal(signal.SIGSTOP)
    service.work()
    service.until(lambda: service.rows("SELECT status FROM runs") == [("waiting",)])
    assert (service.begun("research"), service.begun("draft")) == (2, 1)

    server.send_signal(signal.SIGCONT)
    service.until(lambda: "Pipeline failed" in service.log())  # at its save
    assert service.runs("waiting") == [run]
    assert service.begun("draft") == 1
    assert service.rows("SELECT error FROM runs") == [(None,)]


def test_a_server_and_two_workers_take_each_run_once(service: Service) -> None:
    service.lease = PATIENCE  # a slow machine is no dead process
    service.serve()
    service.work()
    service.work()
    runs = [service.create(f"topic {number}") for number in range(20)]
    service.until(lambda: sorted(service.runs("waiting")) == sorted(runs))
    assert {service.approve(run, "ana") for run in runs} == {200}
    service.until(lambda: sorted(service.runs("done")) == sorted(runs))
    assert [service.begun(step) for step in ("research", "draft", "publish")] == [20, 20, 20]
    assert service.rows("SELECT count(*) FROM published") == [(20,)]
