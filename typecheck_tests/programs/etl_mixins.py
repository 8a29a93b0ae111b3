"""ETL jobs put together of mixins: auditing, metrics and validation are shared, the middle differs."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import ClassVar, TypedDict

from stepkit import Flow, flow


class Record(TypedDict):
    id: int
    amount: float


class JobInput(TypedDict):
    records: list[Record]


class Metrics:
    """No flow: only what jobs need of ``self``."""

    prefix: ClassVar[str] = "job"

    def __init__(self) -> None:
        super().__init__()
        self.counters: dict[str, int] = {}

    def count(self, name: str, amount: int = 1) -> None:
        key = f"{self.prefix}.{name}"
        self.counters[key] = self.counters.get(key, 0) + amount


class Timed(Flow[JobInput]):
    @flow.step("start")
    def start_clock(self):
        return {"started": time.monotonic()}


class Validated(Timed):
    minimum: ClassVar[float] = 0.0

    @flow.step("validate")
    def validate(self, records):
        valid = [record for record in records if record["amount"] >= self.minimum]
        return {"records": valid, "dropped": len(records) - len(valid)}


class Deduplicate(Metrics, Validated):
    prefix = "dedup"

    @flow.step("deduplicate")
    def deduplicate(self, records):
        seen: set[int] = set()
        unique = []
        for record in records:
            if record["id"] not in seen:
                seen.add(record["id"])
                unique.append(record)
        self.count("duplicates", len(records) - len(unique))
        return {"records": unique}

    @flow.step("finish")
    def finish(self, records, dropped, started):
        return {"kept": len(records), "dropped": dropped, "seconds": time.monotonic() - started}


class StrictDeduplicate(Deduplicate):
    minimum = 1.0

    @flow.step("validate")
    def validate(self, records):
        result = super().validate(records)
        if result["dropped"] > len(records) / 2:
            raise ValueError(f"{result['dropped']} of {len(records)} are invalid")
        return result


class Summed(StrictDeduplicate):
    @flow.step("sum")
    def sum(self, records):
        return {"sum": total(record["amount"] for record in records)}


class Unchecked(Summed):
    validate = None

    @flow.step("finish")
    def finish(self, records, started):
        return {"kept": len(records), "dropped": 0, "seconds": 0.0 * started}


def total(amounts: Iterable[float]) -> float:
    return sum(amounts)


if __name__ == "__main__":
    records: list[Record] = [{"id": 1, "amount": 2.0}, {"id": 1, "amount": 2.0}, {"id": 2, "amount": 0.5}]
    job = Summed()
    result = job.run_sync({"records": records})
    assert (result["kept"], result["dropped"], result["sum"]) == (1, 1, 2.0)
    assert job.counters == {"dedup.duplicates": 1} and result["seconds"] < 5
    unchecked = Unchecked().run_sync({"records": records})
    assert unchecked["sum"] + unchecked["dropped"] == 2.5
