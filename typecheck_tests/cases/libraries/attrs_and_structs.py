# attrs classes and msgspec Structs that hold themselves, given, read and saved.
from __future__ import annotations

from typing import TypedDict

import attrs
import msgspec
from probe import assert_type
from stepkit import Flow, flow


@attrs.define
class Part:
    name: str
    parts: list[Part] = attrs.field(factory=list)


class Point(msgspec.Struct):
    x: int
    y: int = 0
    near: list[Point] | None = None


@attrs.frozen
class Unnamed:
    part: Part


class BuildIn(TypedDict):
    part: Part


class Build(Flow[BuildIn]):
    @flow.step("build")
    def build(self, part):
        return {"parts": part.parts, "at": Point(1), "unnamed": [Unnamed(part)]}

    @flow.step("move")
    def move(self, at: Point, parts: list[Point]):  # E(parts): [stepkit-key-type] "list[Point]" ... "list[Part]"
        return {"at": at.near or [at]}


def saved(event: Build.Event) -> None:
    assert event.checkpoint  # E: [stepkit-unsavable] "unnamed" ... does not name its class Unnamed
    if event.step_name == "move":
        assert_type(event.context["at"], list[Point])


result = Build().run_sync({"part": Part("x")}, on_step_complete=saved)
assert_type(result["parts"], list[Part])
