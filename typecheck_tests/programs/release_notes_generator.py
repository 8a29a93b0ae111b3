"""Writes release notes from commits: parsing, grouping, a model that sums up, a writer to files; run from a test."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from enum import IntEnum
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from string import Template
from typing import ClassVar, NotRequired, TypedDict

import pytest

from stepkit import Flow, flow
from stepkit.testing import run_suspended_sync

COMMIT = re.compile(r"(?P<kind>feat|fix|docs)(\((?P<scope>\w+)\))?(?P<breaking>!)?: (?P<text>.+)")


class Level(IntEnum):
    PATCH = 0
    MINOR = 1
    MAJOR = 2


@dataclass(frozen=True, order=True)
class Change:
    kind: str
    scope: str
    text: str = field(compare=False)
    breaking: bool = field(default=False, compare=False)

    levels: ClassVar[dict[str, Level]] = {"feat": Level.MINOR}

    @property
    def level(self) -> Level:
        return Level.MAJOR if self.breaking else self.levels.get(self.kind, Level.PATCH)


def parse(lines: Iterable[str]) -> Iterator[Change]:
    for line in lines:
        if (match := COMMIT.fullmatch(line)) is not None:
            yield Change(match["kind"], match["scope"] or "", match["text"], match["breaking"] is not None)


class NotesInput(TypedDict):
    commits: list[str]
    version: tuple[int, int, int]
    title: NotRequired[str]


class Notes(Flow[NotesInput], codecs=[Change]):
    template = Template("# $version\n\n$body\n")

    def __init__(self, folder: Path, summarize: Callable[[str], str] | None = None) -> None:
        self.folder = folder
        self.summarize = summarize

    @flow.step("parse")
    def parse(self, commits):
        changes = sorted(parse(commits))
        return {"changes": changes, "ignored": len(commits) - len(changes)}

    @flow.step("bump")
    def bump(self, version, changes):
        major, minor, patch = version
        match max((change.level for change in changes), default=Level.PATCH):
            case Level.MAJOR:
                return {"next": (major + 1, 0, 0)}
            case Level.MINOR:
                return {"next": (major, minor + 1, 0)}
            case _:
                return {"next": (major, minor, patch + 1)}

    @flow.step("sections")
    def sections(self, changes):
        return {"sections": {kind: list(group) for kind, group in groupby(changes, key=attrgetter("kind"))}}

    @flow.step("body")
    def body(self, sections):
        lines = []
        for kind, changes in sections.items():
            lines.append(f"## {kind}")
            lines += [f"- {change.scope + ': ' if change.scope else ''}{change.text}" for change in changes]
        return {"body": "\n".join(lines)}

    @flow.step("summary", when=lambda self: self.summarize is not None, on_error="continue")
    def summary(self, body):
        return {"title": self.summarize(body)} if self.summarize is not None else None

    @flow.step("write")
    def write(self, body: str, next: tuple[int, int, int], title: str = ""):
        version = ".".join(map(str, next)) + (f": {title}" if title else "")
        path = self.folder / "NOTES.md"
        path.write_text(self.template.substitute(version=version, body=body))
        return {"path": path}


@pytest.fixture
def commits() -> list[str]:
    return ["feat(api): add search", "fix: a typo", "wip", "feat!: drop v1"]


def test_notes(tmp_path: Path, commits: list[str]) -> None:
    result = Notes(tmp_path, str.upper).run_sync({"commits": commits[:3], "version": (1, 2, 3)})
    assert result["next"] == (1, 3, 0) and result["ignored"] == 1
    first, *_ = result["path"].read_text().splitlines()
    assert first.startswith("# 1.3.0: ## FEAT") and result.get("title", "").isupper()


def test_notes_are_the_same_when_stopped(tmp_path: Path, commits: list[str]) -> None:
    result = run_suspended_sync(lambda: Notes(tmp_path), {"commits": commits, "version": (1, 2, 3)})
    assert result["next"] == (2, 0, 0) and isinstance(result["changes"][0], Change)


if __name__ == "__main__":
    sys.exit(pytest.main(["-q", "-p", "no:cacheprovider", "--rootdir", ".", __file__]))
