"""Checkpoints of containers whose steps change what they read in place, also by nothing but a type.

A tuple in place of an equal list gives the same JSON, so it is seen only where the step's keys are looked at again.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from stepkit import Flow, deserialize_checkpoint, flow


class Typed(Flow[Any]):
    @flow.step("idle")
    def idle(self):
        return None

    @flow.step("change")
    def change(self, rows: list[Any]):
        rows[0] = tuple(rows[0])

    @flow.step("look")
    def look(self):
        return None


class Aliased(Flow[Any]):
    @flow.step("alias")
    def alias(self, rows: list[Any]):
        return {"other": rows}

    @flow.step("change")
    def change(self, other: list[Any]):
        other[0] = tuple(other[0])


class Transformed(Flow[Any]):
    @flow.transform("transform")
    def transform(self, rows: list[Any], others: int = 0):
        rows[0] = tuple(rows[0])
        return {"n": 1}

    @flow.step("look")
    def look(self):
        return None


class Two(Flow[Any]):
    @flow.step("before")
    def before(self):
        return {"n": 0}

    inside = flow.subflow("inside", Typed)


class InBranch(Flow[Any]):
    @flow.step("before")
    def before(self):
        return {"n": 0}

    @flow.branch("route", cases={"transformed": Transformed, "aliased": Aliased})
    def route(self, kind: str):
        return kind


class RouteChanges(Flow[Any]):
    @flow.step("before")
    def before(self):
        return {"n": 0}

    @flow.branch("route", cases={"typed": Typed})
    def route(self, rows: list[Any]):
        rows[0] = tuple(rows[0])
        return "typed"


def holding(inside: type[Flow[Any]]) -> Flow[Any]:
    class Root(Flow[Any]):
        @flow.step("before")
        def before(self):
            return {"first": 1}

        held = flow.subflow("held", inside)

        @flow.step("after")
        def after(self):
            return {"last": 1}

    return Root()


@pytest.mark.parametrize("inside", [Typed, Aliased, Transformed, Two, InBranch, RouteChanges])
@pytest.mark.parametrize("kind", ["transformed", "aliased"])
@pytest.mark.parametrize("taken", [lambda path: True, lambda path: "/" not in path, lambda path: path != "before"])
def test_a_checkpoint_holds_what_the_context_holds(
    inside: type[Flow[Any]], kind: str, taken: Callable[[str], bool]
) -> None:
    seen: dict[str, Any] = {}
    saved: dict[str, Any] = {}

    def keep(event: Any) -> None:
        if taken(event.step_name):
            seen[event.step_name] = event.context
            saved[event.step_name] = deserialize_checkpoint(event.checkpoint).output

    result = holding(inside).run_sync({"rows": [[1]], "kind": kind}, on_step_complete=keep)
    assert saved == seen
    assert saved["after"] == result
    assert result["rows"][0] == (1,)
