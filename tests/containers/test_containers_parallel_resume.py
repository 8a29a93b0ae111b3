"""Parallel groups are one step: events and checkpoints of members, stops, resume, inheritance."""

from __future__ import annotations

import json
from typing import Any

import pytest
from container_flows import EFFECTS, Gather, GroupFirst, did
from container_runs import Runner, completions

from stepkit import Flow, flow
from stepkit.errors import CheckpointError, CheckpointFlowError, CheckpointStepError, FlowDefinitionError

# Events and checkpoints.


def test_members_events_carry_the_checkpoint_from_before_the_group() -> None:
    seen = completions(Gather, {"n": 1})
    assert ("start", "start") == seen[0]
    assert {
        ("gather-signals/market_size", "start"),
        ("gather-signals/rivals", "start"),
        ("gather-signals/session/fetch", "start"),
        ("gather-signals/session/enrich", "start"),
        ("gather-signals/session", "start"),
    } == set(seen[1:-2])
    assert [("gather-signals", "gather-signals"), ("report", "report")] == seen[-2:]


def test_that_checkpoint_shows_nothing_of_what_members_do() -> None:
    class Changes(Flow):
        @flow.step
        def begin(self) -> dict[str, Any]:
            return {"items": [0]}

        group = flow.parallel("group")

        @group.step
        async def one(self, items: list[int]) -> dict[str, Any]:
            items.append(1)
            return {"one": len(items)}

        @group.step
        def two(self, items: list[int]) -> dict[str, Any]:
            items.append(2)
            return {"two": len(items)}

    texts: list[str] = []
    expected = Changes().run_sync(on_step_complete=lambda event: texts.append(event.checkpoint))
    assert {"items": [0], "one": 2, "two": 2} == expected
    assert 4 == len(texts)
    assert texts[0] == texts[1] == texts[2] != texts[3]
    assert [expected] * 4 == [Changes().run_checkpoint_sync(text) for text in texts]


def test_before_a_group_that_is_first_there_is_a_checkpoint_of_the_start() -> None:
    assert {("both/left", ""), ("both/right", "")} == set(completions(GroupFirst)[:2])
    texts: list[str] = []
    GroupFirst().run_sync(on_step_complete=lambda event: texts.append(event.checkpoint))
    EFFECTS.clear()
    assert {"left": 1, "right": (2,), "sum": 3} == GroupFirst().run_checkpoint_sync(texts[0])
    assert ["left", "right", "sum"] == sorted(EFFECTS)
    EFFECTS.clear()
    assert {"left": 1, "right": (2,), "sum": 3} == GroupFirst().run_checkpoint_sync(texts[2])
    assert ["sum"] == EFFECTS


def test_before_a_group_that_is_first_in_a_nested_flow_it_is_that_from_before_the_nested_flow() -> None:
    class Outer(Flow):
        @flow.step
        def begin(self) -> dict[str, Any]:
            did("begin")
            return {"begun": True}

        nested = flow.subflow("nested", GroupFirst, when=lambda begun: begun)

    seen = completions(Outer)
    assert {("nested/both/left", "begin"), ("nested/both/right", "begin")} == set(seen[1:3])
    assert [("nested/both", "nested/both"), ("nested/sum", "nested/sum"), ("nested", "nested")] == seen[3:]


def test_a_stop_inside_a_group_leaves_it_to_be_run_again_as_one_step(caplog: pytest.LogCaptureFixture) -> None:
    texts: list[str] = []

    def stop(event: Any) -> None:
        if event.step_name == "gather-signals/market_size":
            texts.append(event.checkpoint)
            event.stop_pipeline()

    stopped = Gather().run_sync({"n": 3}, on_step_complete=stop)
    assert {"n": 3, "topic": ["x"], "size": 7, "last": "market_size"} == stopped
    assert [
        "flow Gather: gather-signals/market_size: stopped inside of a parallel group, which is one step: "
        "a resume runs all of it again, and what always stops here is never passed"
    ] == caplog.messages
    EFFECTS.clear()
    Gather().run_checkpoint_sync(texts[0])
    assert ["enrich", "fetch", "market_size", "report", "rivals"] == sorted(EFFECTS)


@pytest.mark.parametrize("path", ["gather-signals/rivals", "gather-signals/session/fetch"])
def test_a_checkpoint_that_says_to_be_of_a_member_is_refused(path: str) -> None:
    texts: list[str] = []
    Gather().run_sync({"n": 3}, on_step_complete=lambda event: texts.append(event.checkpoint))
    document = json.loads(texts[0])
    document["stepName"] = path
    EFFECTS.clear()
    for text in (json.dumps(document), json.dumps({"stepName": path, "output": {}})):
        with pytest.raises(
            CheckpointStepError, match=r'a member of the parallel group "gather-signals"\. A group is one'
        ):
            Gather().run_checkpoint_sync(text)
    assert [] == EFFECTS


def test_an_empty_step_name_without_more_is_refused() -> None:
    with pytest.raises(CheckpointError, match="empty"):
        GroupFirst().run_checkpoint_sync('{"stepName":"","output":{}}')
    assert [] == EFFECTS


# Definition, inheritance.


class Base(Flow):
    both = flow.parallel("both", merge="error")

    @both.step
    async def left(self) -> dict[str, Any]:
        return {"left": "base"}

    @both.step
    async def right(self) -> dict[str, Any]:
        return {"right": "base"}


def test_a_subclass_replaces_and_adds_members(run: Runner) -> None:
    class Derived(Base):
        @Base.both.step
        async def right(self) -> dict[str, Any]:
            return {"right": "derived"}

        @Base.both.step
        async def third(self) -> dict[str, Any]:
            return {"third": "derived"}

    assert {"left": "base", "right": "derived", "third": "derived"} == run(Derived)
    assert {"left": "base", "right": "base"} == run(Base)
    assert ["left", "right", "third"] == [member["name"] for member in Derived.describe()[0]["members"]]


def test_a_member_of_a_group_that_the_flow_does_not_have_is_a_mistake() -> None:
    with pytest.raises(FlowDefinitionError, match=r'"lost": member of a parallel group that is no attribute'):

        class Derived(Flow):
            @Base.both.step
            async def lost(self) -> None: ...


def test_describe_and_mermaid_show_the_members() -> None:
    (start, group, report) = Gather.describe()
    assert ("gather-signals", "parallel", "all") == (group["name"], group["kind"], group["mode"])
    assert ["market_size", "rivals", "session"] == [member["name"] for member in group["members"]]
    assert ["fetch", "enrich"] == [step["name"] for step in group["members"][2]["steps"]]
    assert ["start", "report"] == [start["name"], report["name"]]
    chart = Gather.mermaid()
    assert "subgraph" in chart
    for name in ("gather-signals", "market_size", "rivals", "session", "fetch", "enrich", "report"):
        assert f'"{name}"' in chart


def test_renamed_members_stay_resumable_by_their_aliases() -> None:
    class OneStep(Flow):
        step = flow.step("two")(lambda self: {"two": 2})

    class Old(Flow, name="Renamed"):
        group = flow.parallel("group")
        step = group.step("one")(lambda self: {"one": 1})
        part = group.subflow(OneStep, name="two")
        end = flow.step("end")(lambda self, one, two: {"end": one + two})

    class New(Flow, name="Renamed"):
        group = flow.parallel("group")
        step = group.step("first", aliases=["one"])(lambda self: {"one": 1})
        part = group.subflow(OneStep, name="second", aliases=["two"])
        end = flow.step("end")(lambda self, one, two: {"end": one + two})

    class Stranger(Flow, name="Renamed"):
        group = flow.parallel("group")
        step = group.step("first")(lambda self: {"one": 1})
        part = group.subflow(OneStep, name="two")
        end = flow.step("end")(lambda self, one, two: {"end": one + two})

    texts: dict[str, str] = {}
    expected = Old().run_sync(on_step_complete=lambda event: texts.setdefault(event.step_name, event.checkpoint))
    assert expected == New().run_checkpoint_sync(texts["group"])
    with pytest.raises(CheckpointFlowError, match=r'now has "group/first", .* former name with aliases='):
        Stranger().run_checkpoint_sync(texts["group"])
