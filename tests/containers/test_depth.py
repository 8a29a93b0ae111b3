"""Deep and wide: flows in each other as deep as is supported, also from deep in somebody's stack; deeper is refused."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest

from stepkit import Flow, StepEvent, flow
from stepkit.errors import FlowDefinitionError
from stepkit.table import MAX_LEVELS

pytestmark = pytest.mark.in_one_piece

FRAMES = 200
"""The frames that a service may have on its stack before it runs a flow."""


class Leaf(Flow):
    @flow.step("async")
    async def first(self, n):
        await asyncio.sleep(0)
        return {"n": n + 1}

    @flow.step("sync")
    def second(self, n):
        return {"n": n * 2}


def nested(inside: type[Flow]) -> type[Flow]:
    class Nested(Flow):
        inner = flow.subflow("inner", inside)

    return Nested


def retried(inside: type[Flow]) -> type[Flow]:
    class Retried(Flow):
        inner = flow.subflow("inner", inside, retries=1, should_retry=LookupError, on_error="skip-remaining")

    return Retried


def timed(inside: type[Flow]) -> type[Flow]:
    class Timed(Flow):
        inner = flow.subflow("inner", inside, timeout=600)

    return Timed


def case(inside: type[Flow]) -> type[Flow]:
    class Routes(Flow):
        @flow.branch("route", cases={"only": inside}, retries=1, should_retry=LookupError)
        async def route(self, n):
            return "only"

    return Routes


def member(inside: type[Flow]) -> type[Flow]:
    class Groups(Flow):
        group = flow.parallel("group")
        inner = group.subflow(inside)

    return Groups


def made(inside: type[Flow]) -> type[Flow]:
    class Makes(Flow):
        inner = flow.subflow("inner", lambda self: inside())

    return Makes


HOLDERS = [nested, retried, timed, case, member, made]
Holder = Callable[[type[Flow]], type[Flow]]


def deep(holder: Holder, levels: int) -> type[Flow]:
    made: type[Flow] = Leaf
    for _ in range(levels):
        made = holder(made)
    return made


def from_deep_in_the_stack(work: Callable[[], Any], frames: int = FRAMES) -> Any:
    return work() if frames == 0 else from_deep_in_the_stack(work, frames - 1)


@pytest.mark.parametrize("holder", HOLDERS)
def test_flows_can_be_nested_as_deep_as_the_docs_say(holder: Holder) -> None:
    deepest = deep(holder, MAX_LEVELS)
    saved: list[str] = []

    async def on_step_complete(event: StepEvent) -> None:
        saved.append(event.checkpoint)

    def run() -> Any:
        return asyncio.run(deepest().run({"n": 1}, on_step_complete=on_step_complete))

    assert from_deep_in_the_stack(run) == {"n": 4}
    assert deepest().run_sync({"n": 1}, log=False) == {"n": 4}
    assert len(saved) >= MAX_LEVELS + 2
    for checkpoint in saved[::10]:
        assert from_deep_in_the_stack(lambda text=checkpoint: deepest().run_checkpoint_sync(text)) == {"n": 4}
    assert from_deep_in_the_stack(lambda: json.dumps(deepest.describe()))
    assert from_deep_in_the_stack(deepest.mermaid).startswith("flowchart TD")


@pytest.mark.parametrize("holder", [holder for holder in HOLDERS if holder is not made])
def test_deeper_is_refused_when_the_class_is_created(holder: Holder) -> None:
    deepest = deep(holder, MAX_LEVELS)
    with pytest.raises(FlowDefinitionError) as caught:
        holder(deepest)
    (problem,) = caught.value.problems
    assert problem.endswith(
        f"{deepest.__qualname__}, is too deep: flows can be nested {MAX_LEVELS} deep in a flow. "
        "Let a step run the flows further in: return await Inner().run(...)"
    )


def test_what_is_made_in_the_run_is_refused_there_and_not_tried_again() -> None:
    told: list[str] = []

    class Outermost(Flow):
        inner = flow.subflow("inner", deep(made, MAX_LEVELS), retries=5)

        def on_step_error(self, step: str, error: Exception) -> None:
            told.append(step)

    with pytest.raises(FlowDefinitionError, match="is too deep: flows can be nested"):
        Outermost().run_sync({"n": 1})
    assert told[-1] == "inner"
    assert len(told) == MAX_LEVELS


def test_a_step_can_run_the_flows_further_in() -> None:
    class Further(Flow):
        @flow.step("further")
        async def further(self, n):
            return await deep(nested, 50)().run({"n": n})

    made: type[Flow] = Further
    for _ in range(50):
        made = nested(made)
    assert asyncio.run(made().run({"n": 1})) == {"n": 4}


# Wide


def test_a_thousand_flows_side_by_side() -> None:
    class Adds(Flow):
        @flow.step("add")
        def add(self, n):
            return {"n": n + 1}

    wide: Any = type("Wide", (Flow,), {f"s{i}": flow.subflow(f"s{i}", Adds) for i in range(1000)})
    saved: list[str] = []
    result = wide().run_sync({"n": 0}, on_step_complete=lambda event: saved.append(event.checkpoint))
    assert result == {"n": 1000}
    assert len(saved) == 2000
    assert wide().run_checkpoint_sync(saved[999]) == {"n": 1000}
    assert len(wide.describe()) == 1000
    assert wide.mermaid().count("subgraph") == 1000


def test_a_group_of_a_thousand_members_and_a_branch_of_a_thousand_cases() -> None:
    class Gives(Flow):
        @flow.step("give")
        async def give(self):
            await asyncio.sleep(0)
            return {"given": 1}

    group = flow.parallel("group")
    wide: Any = type("Group", (Flow,), {"group": group} | {f"m{i}": group.subflow(Gives) for i in range(1000)})
    assert wide().run_sync() == {"given": 1}
    assert len(wide.describe()[0]["members"]) == 1000
    assert wide.mermaid().count("subgraph") == 1001

    class Routes(Flow):
        @flow.branch("route", cases={f"case-{i}": Gives for i in range(1000)})
        def route(self):
            return "case-999"

    saved: list[str] = []
    assert Routes().run_sync(on_step_complete=lambda event: saved.append(event.checkpoint)) == {"given": 1}
    assert Routes().run_checkpoint_sync(saved[0]) == {"given": 1}
    assert len(Routes.describe()[0]["cases"]) == 1000


def test_flows_that_are_held_twice_at_every_level_are_read_once() -> None:
    made: type[Flow] = Leaf
    for _ in range(MAX_LEVELS):

        class Twice(Flow):
            first = flow.subflow("first", made, when=False)
            second = flow.subflow("second", made)

        made = Twice
    assert asyncio.run(made().run({"n": 1})) == {"n": 4}
