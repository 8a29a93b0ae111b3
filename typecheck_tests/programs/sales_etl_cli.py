"""A command: reads a CSV of sales, converts currencies, writes totals. Goes on where it was killed."""

import argparse
import csv
import sys
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TypedDict

import attrs

from stepkit import Flow, flow
from stepkit.errors import CheckpointError


@attrs.frozen
class Sale:
    day: date
    region: str
    amount: Decimal
    currency: str = "EUR"

    @classmethod
    def from_row(cls, row: dict[str, str]) -> "Sale":
        return cls(date.fromisoformat(row["day"]), row["region"], Decimal(row["amount"]), row["currency"])


@attrs.define
class Totals:
    by_region: dict[str, Decimal] = attrs.field(factory=dict)
    skipped: int = 0

    def add(self, sale: Sale, rate: Decimal) -> None:
        self.by_region[sale.region] = self.by_region.get(sale.region, Decimal()) + sale.amount * rate


class EtlInput(TypedDict):
    source: Path
    target: Path


RATES = {"EUR": Decimal(1), "USD": Decimal("0.9")}


class Etl(Flow[EtlInput]):
    @flow.step("extract")
    def extract(self, source: Path):
        with source.open(newline="") as file:
            sales = [Sale.from_row(row) for row in csv.DictReader(file)]
        return {"sales": sales, "first": min((sale.day for sale in sales), default=None)}

    @flow.step("transform")
    def transform(self, sales: list[Sale]):
        totals = Totals()
        for sale in sales:
            rate = RATES.get(sale.currency)
            if rate is None:
                totals.skipped += 1
            else:
                totals.add(sale, rate)
        return {"totals": totals}

    @flow.step("load")
    def load(self, totals: Totals, target: Path, first: date | None):
        with target.open("w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["region", f"since {first:%Y-%m-%d}" if first else "never"])
            writer.writerows(sorted(totals.by_region.items()))
        return {"written": len(totals.by_region)}


def parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("source", type=Path)
    parser.add_argument("target", type=Path)
    parser.add_argument("--state", type=Path, default=Path("etl.json"))
    return parser.parse_args(arguments)


def main(arguments: list[str]) -> int:
    options = parse(arguments)
    state: Path = options.state

    def save(event: Etl.Event) -> None:
        partial = state.with_suffix(".part")
        partial.write_text(event.checkpoint)
        partial.replace(state)

    if state.exists():
        try:
            result = Etl().run_checkpoint_sync(state.read_text(), on_step_complete=save)
        except CheckpointError as error:
            print(error, file=sys.stderr)
            return 1
    else:
        result = Etl().run_sync({"source": options.source, "target": options.target}, on_step_complete=save)
    print(f"{result['written']} regions, {result['totals'].skipped} rows skipped")
    return 0


if __name__ == "__main__":
    Path("sales.csv").write_text("day,region,amount,currency\n2026-01-02,north,10,EUR\n2026-01-01,south,5,USD\n")
    assert main(["sales.csv", "out.csv"]) == 0
    assert main(["sales.csv", "out.csv"]) == 0
    assert Path("out.csv").read_text().splitlines()[0] == "region,since 2026-01-01"
    Path("etl.json").write_text("{}")
    assert main(["sales.csv", "out.csv"]) == 1
