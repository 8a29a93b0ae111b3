"""A command line without annotations on its steps: subcommands, a state file per run, exact output types."""

import argparse
import json
import sys
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import TypedDict

from stepkit import Flow, flow


class Entry(TypedDict):
    day: str
    start: str
    end: str


class SheetInput(TypedDict):
    entries: list[Entry]
    hourly: float


def parse_time(day: str, value: str) -> datetime:
    return datetime.combine(date.fromisoformat(day), time.fromisoformat(value))


class Timesheet(Flow[SheetInput]):
    @flow.step
    def worked(self, entries):
        spans = [(parse_time(e["day"], e["start"]), parse_time(e["day"], e["end"])) for e in entries]
        return {"spans": spans, "worked": sum((end - start for start, end in spans), timedelta())}

    @flow.step
    def overlaps(self, spans):
        ordered = sorted(spans)
        return {"overlaps": [(a, b) for (_, a), (b, _) in zip(ordered, ordered[1:], strict=False) if b < a]}

    @flow.step(when=lambda overlaps: not overlaps)
    def pay(self, worked, hourly):
        hours = worked / timedelta(hours=1)
        return {"hours": hours, "pay": round(hours * hourly, 2)}

    @flow.step
    def summary(self, worked, overlaps, hours=None, pay=None):
        if hours is None or pay is None:
            first, _ = overlaps[0]
            return {"summary": f"overlap at {first:%H:%M}", "ok": False}
        return {"summary": f"{worked}: {hours:.1f} h, {pay:.2f}", "ok": True}


def load(path: Path) -> list[Entry]:
    entries: list[Entry] = json.loads(path.read_text())
    return entries


def command_show(options: argparse.Namespace) -> int:
    result = Timesheet().run_sync({"entries": load(options.file), "hourly": options.hourly})
    print(result["summary"], file=sys.stdout if result["ok"] else sys.stderr)
    return 0 if result["ok"] else 2


def command_days(options: argparse.Namespace) -> int:
    result = Timesheet().run_sync({"entries": load(options.file), "hourly": 1})
    days = {start.date() for start, _ in result["spans"]}
    print(*sorted(days), sep="\n")
    return 0


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="timesheet")
    commands = parser.add_subparsers(required=True)
    show = commands.add_parser("show")
    show.add_argument("--hourly", type=float, default=50.0)
    show.set_defaults(command=command_show)
    days = commands.add_parser("days")
    days.set_defaults(command=command_days)
    for each in (show, days):
        each.add_argument("file", type=Path)
    options = parser.parse_args(arguments)
    status: int = options.command(options)
    return status


if __name__ == "__main__":
    file = Path("sheet.json")
    entries = [{"day": "2026-02-02", "start": "09:00", "end": "12:30"}, {"day": "2026-02-02", "start": "13:00", "end": "17:00"}]
    file.write_text(json.dumps(entries))
    assert main(["show", "sheet.json"]) == 0 and main(["days", "sheet.json"]) == 0
    entries[1]["start"] = "12:00"
    file.write_text(json.dumps(entries))
    assert main(["show", "--hourly", "10", "sheet.json"]) == 2
