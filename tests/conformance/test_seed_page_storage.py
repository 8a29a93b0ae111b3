"""The page that describes the original's checkpoints: storing them in memory, in a database, in Redis."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypedDict

import pytest

from stepkit import Flow, StepEvent, flow


class Order(TypedDict):
    order: str
    received: datetime


class Pipeline(Flow[Order]):
    def __init__(self) -> None:
        self.ran: list[str] = []

    @flow.step("load")
    async def load(self, order: str):
        self.ran.append("load")
        return {"lines": {order: [1, 2, 3]}}

    @flow.step("critical-step")
    async def critical(self, lines: dict[str, list[int]], received: datetime):
        self.ran.append("critical-step")
        return {"total": sum(sum(each) for each in lines.values()), "year": received.year}

    @flow.step("finish")
    async def finish(self, total: int, received: datetime):
        self.ran.append("finish")
        return {"report": f"{received:%Y-%m-%d}: {total}"}


INPUT: Order = {"order": "№ 1 “ünï” \N{ROCKET}", "received": datetime(2026, 1, 2, 3, 4, tzinfo=UTC)}
RESULT: dict[str, Any] = {**INPUT, "lines": {INPUT["order"]: [1, 2, 3]}, "total": 6, "year": 2026}
RESULT |= {"report": "2026-01-02: 6"}


def test_in_memory() -> None:
    texts: dict[str, str] = {}
    Pipeline().run_sync(INPUT, on_step_complete=lambda event: texts.update({event.step_name: event.checkpoint}))
    checkpoints: dict[str, str] = {}
    checkpoints["checkpoint-1"] = texts["critical-step"]

    saved = checkpoints.get("checkpoint-1")
    assert saved is not None
    assert asyncio.run(Pipeline().run_checkpoint(saved)) == RESULT


@contextmanager
def sqlite(path: Path) -> Iterator[Any]:
    connection = sqlite3.connect(path)
    try:
        yield connection
    finally:
        connection.close()


async def save_in_database_and_resume(connect: Any, mark: str) -> None:
    """The page's example; ``mark`` is the database's mark for a parameter."""
    with connect() as db:
        db.execute("CREATE TABLE checkpoints (pipeline_id TEXT, checkpoint TEXT, created_at TEXT)")
        db.commit()

        async def save(event: StepEvent) -> None:
            if event.step_name == "critical-step":
                row = ("workflow-123", event.checkpoint, datetime.now(UTC).isoformat())
                db.execute(f"INSERT INTO checkpoints VALUES ({mark}, {mark}, {mark})", row)
                db.commit()

        assert await Pipeline().run(INPUT, on_step_complete=save) == RESULT

    with connect() as db:  # resume later, over a connection of its own
        query = f"SELECT checkpoint FROM checkpoints WHERE pipeline_id = {mark}"
        (saved,) = db.execute(query, ("workflow-123",)).fetchone()
        resumed = Pipeline()
        assert await resumed.run_checkpoint(saved) == RESULT
        assert resumed.ran == ["finish"]
        assert db.execute(query, ("workflow-124",)).fetchone() is None


def test_database_sqlite(tmp_path: Path) -> None:
    asyncio.run(save_in_database_and_resume(lambda: sqlite(tmp_path / "checkpoints.db"), "?"))


def test_database_postgresql(postgres_url: str) -> None:
    psycopg = pytest.importorskip("psycopg")
    schema = "seed_page"
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(f"CREATE SCHEMA {schema}")
    options = f"-c search_path={schema}"
    try:
        asyncio.run(save_in_database_and_resume(lambda: psycopg.connect(postgres_url, options=options), "%s"))
    finally:
        with psycopg.connect(postgres_url, autocommit=True) as connection:
            connection.execute(f"DROP SCHEMA {schema} CASCADE")


def test_a_checkpoint_is_valid_jsonb_for_postgresql_and_survives_its_reordering(postgres_url: str) -> None:
    psycopg = pytest.importorskip("psycopg")
    texts: dict[str, str] = {}
    Pipeline().run_sync(INPUT, on_step_complete=lambda event: texts.update({event.step_name: event.checkpoint}))
    with psycopg.connect(postgres_url) as connection:
        query = "SELECT %s::jsonb ->> 'stepName', (%s::jsonb)::text"
        step, text = connection.execute(query, (texts["critical-step"],) * 2).fetchone()
    assert step == "critical-step"
    assert text != texts["critical-step"]
    assert Pipeline().run_checkpoint_sync(text) == RESULT


def test_redis(redis_client: Any) -> None:
    approval_id = f"approval-{datetime.now(UTC).timestamp()}"

    def needs_approval(event: StepEvent) -> bool:
        return event.step_name == "critical-step"

    async def ask_for_approval(event: StepEvent) -> None:
        if needs_approval(event):
            redis_client.set(approval_id, event.checkpoint, ex=3600)  # expires after an hour
            event.stop_pipeline()

    stopped = asyncio.run(Pipeline().run(INPUT, on_step_complete=ask_for_approval))
    assert "report" not in stopped
    assert 3590 <= redis_client.ttl(approval_id) <= 3600

    # resume on approval
    checkpoint = redis_client.get(approval_id)
    assert isinstance(checkpoint, bytes)
    resumed = Pipeline()
    assert asyncio.run(resumed.run_checkpoint(checkpoint)) == RESULT
    assert resumed.ran == ["finish"]
    redis_client.delete(approval_id)
    assert redis_client.get(approval_id) is None


def test_an_approval_that_expired_in_redis_is_gone(redis_client: Any) -> None:
    def ask(event: StepEvent) -> None:
        redis_client.set("approval", event.checkpoint, ex=3600)
        event.stop_pipeline()

    Pipeline().run_sync(INPUT, on_step_complete=ask)
    redis_client.expireat("approval", 1)  # a time that has passed
    assert redis_client.get("approval") is None
