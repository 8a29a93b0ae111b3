"""Ingests messages of a stream: an async generator in front, batches through a flow, offsets committed after them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypedDict

from stepkit import Flow, flow


@dataclass(frozen=True)
class Message:
    offset: int
    value: bytes


class Reading(TypedDict):
    sensor: str
    celsius: float
    at: datetime


class Batch(TypedDict):
    messages: list[Message]


async def consume(count: int) -> AsyncIterator[Message]:
    for offset in range(count):
        await asyncio.sleep(0)
        value = {"sensor": f"s{offset % 2}", "celsius": 20.0 + offset, "at": "2026-01-01T00:00:00+00:00"}
        yield Message(offset, b"broken" if offset == 3 else json.dumps(value).encode())


async def batches(messages: AsyncIterator[Message], size: int) -> AsyncIterator[list[Message]]:
    batch: list[Message] = []
    async for message in messages:
        batch.append(message)
        if len(batch) >= size:
            yield batch
            batch = []
    if batch:
        yield batch


def decode(message: Message) -> Reading:
    raw: dict[str, Any] = json.loads(message.value)
    return {"sensor": raw["sensor"], "celsius": float(raw["celsius"]), "at": datetime.fromisoformat(raw["at"])}


class Sink:
    def __init__(self) -> None:
        self.rows: list[tuple[str, float]] = []

    async def write(self, rows: Sequence[tuple[str, float]]) -> int:
        await asyncio.sleep(0)
        self.rows.extend(rows)
        return len(rows)


class IngestBatch(Flow[Batch]):
    def __init__(self, sink: Sink) -> None:
        self.sink = sink
        self.limit = asyncio.Semaphore(2)

    @flow.step("decode")
    def decode(self, messages):
        readings: list[Reading] = []
        dead = []
        for message in messages:
            try:
                readings.append(decode(message))
            except (ValueError, KeyError) as error:
                dead.append((message.offset, str(error)))
        return {"readings": readings, "dead": dead, "last": max(message.offset for message in messages)}

    @flow.step("average")
    def average(self, readings):
        per_sensor: dict[str, list[float]] = {}
        for reading in readings:
            per_sensor.setdefault(reading["sensor"], []).append(reading["celsius"])
        return {"averages": {sensor: sum(values) / len(values) for sensor, values in per_sensor.items()}}

    @flow.step("write", timeout=5, retries=1)
    async def write(self, averages):
        async with self.limit:
            return {"written": await self.sink.write(sorted(averages.items()))}

    @flow.step("lag")
    def lag(self, readings: list[Reading]):
        newest = max((reading["at"] for reading in readings), default=None)
        return {"lag": None if newest is None else datetime.now(UTC) - newest}


async def main() -> None:
    sink = Sink()
    ingest = IngestBatch(sink)
    committed = -1
    dead: list[int] = []
    async for batch in batches(consume(7), 3):
        result = await ingest.run({"messages": batch})
        committed = result["last"]
        dead += [offset for offset, _ in result["dead"]]
        if result["lag"] is not None:
            assert result["lag"].total_seconds() > 0 or result["written"] >= 1
    assert (committed, dead) == (6, [3])
    assert sink.rows[0][0] == "s0"


if __name__ == "__main__":
    asyncio.run(main())
