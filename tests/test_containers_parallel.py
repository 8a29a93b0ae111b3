"""Parallel groups: one step whose members start together, see the same context, and are merged in table order."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable
from typing import Any

import pytest
from container_flows import EFFECTS, Gather, GroupFirst, LoadSession, Settled, did

from stepkit import Flow, flow
from stepkit.errors import CheckpointError, CheckpointStepError, ContextCollisionError, FlowDefinitionError
from stepkit.testing import run_suspended_sync

Runner = Callable[..., dict[str, Any]]


@pytest.fixture(autouse=True)
def no_effects() -> None:
    EFFECTS.clear()


@pytest.fixture(params=["in one go", "suspended"])
def run(request: pytest.FixtureRequest) -> Runner:
    """Runs a flow: in one go, or stopped and resumed after every step."""
    if request.param == "suspended":
        return run_suspended_sync
    return lambda flow_class, input=None: flow_class().run_sync(input)


def events(flow_class: Any, input: Any = None) -> list[tuple[str, str]]:
    """The path of each completed step, and that of the step that its checkpoint was taken after."""
    seen: list[tuple[str, str]] = []
    flow_class().run_sync(
        input, on_step_complete=lambda event: seen.append((event.step_name, json.loads(event.checkpoint)["stepName"]))
    )
    return seen


# Together.


def test_members_start_together_async_or_not() -> None:
    meeting = threading.Barrier(3, timeout=30)

    class Meet(Flow):
        group = flow.parallel("group")

        @group.step("sync")
        def one(self) -> dict[str, Any]:
            meeting.wait()
            return {"one": threading.current_thread() is threading.main_thread()}

        @group.step("also-sync")
        def two(self) -> dict[str, Any]:
            meeting.wait()
            return {"two": threading.current_thread() is threading.main_thread()}

        @group.step("async")
        async def three(self) -> dict[str, Any]:
            await asyncio.to_thread(meeting.wait)
            return {"three": threading.current_thread() is threading.main_thread()}

    assert {"one": False, "two": False, "three": True} == asyncio.run(Meet().run())


def test_members_see_the_context_before_the_group_and_their_own_copies_of_it(run: Runner) -> None:
    class Same(Flow):
        group = flow.parallel("group")

        @group.step
        async def one(self, items: list[int], n: int) -> dict[str, Any]:
            items.append(1)
            return {"n": n + 1, "one": items}

        @group.step
        async def two(self, items: list[int], n: int, one: Any = None) -> dict[str, Any]:
            return {"two": (items, n, one)}

    assert {"items": [], "n": 1, "one": [1], "two": ([], 0, None)} == run(Same, {"items": [], "n": 0})


def test_outputs_are_merged_in_table_order_whichever_ends_first(run: Runner) -> None:
    class Race(Flow):
        group = flow.parallel("group")

        @group.step
        async def slow(self) -> dict[str, Any]:
            for _ in range(20):
                await asyncio.sleep(0)
            return {"winner": "slow", "slow": 1}

        @group.step
        async def fast(self) -> dict[str, Any]:
            return {"winner": "fast", "fast": 1}

    result = run(Race)
    assert {"winner": "fast", "slow": 1, "fast": 1} == result
    assert ["winner", "slow", "fast"] == list(result)


@pytest.mark.parametrize(("policy", "n"), [("override", 2), ("warn", 2), ("skip", 0)])
def test_the_merge_policy_of_a_group(run: Runner, policy: Any, n: int) -> None:
    class Merging(Flow):
        group = flow.parallel("group", merge=policy)

        @group.step
        async def one(self) -> dict[str, Any]:
            return {"n": 1, "first": 1}

        @group.step
        async def two(self) -> dict[str, Any]:
            return {"n": 2, "first": 2}

    assert {"n": n, "first": 1 if policy == "skip" else 2} == run(Merging, {"n": 0})


def test_a_collision_between_members_merges_none_of_them(run: Runner) -> None:
    class Collide(Flow):
        group = flow.parallel("group", merge="error", on_error="continue")

        @group.step
        async def one(self) -> dict[str, Any]:
            return {"x": 1, "y": 1}

        @group.step
        async def two(self) -> dict[str, Any]:
            return {"x": 2}

    assert {"a": 0} == run(Collide, {"a": 0})

    class Raise(Flow):
        group = flow.parallel("group", merge="error")
        one = group.step("one")(lambda self: {"x": 1})
        two = group.step("two")(lambda self: {"x": 2})

    with pytest.raises(ContextCollisionError) as caught:
        run(Raise)
    assert ("group", "x") == (caught.value.step, caught.value.key)


def test_a_member_may_be_skipped_and_a_nested_flow(run: Runner) -> None:
    class Mixed(Flow):
        group = flow.parallel("group")

        @group.step("never", when=lambda n: n > 5)
        async def never(self) -> dict[str, Any]:
            return {"never": 1}

        session = group.subflow(LoadSession)

    assert {"n": 1, "session": {"id": 1}, "user": ("ana", 1)} == run(Mixed, {"n": 1})


# Failures.


def test_the_first_failure_cancels_the_others_and_waits_for_them() -> None:
    started = asyncio.Event()

    class Fails(Flow):
        group = flow.parallel("group")

        @group.step
        async def bad(self) -> None:
            await started.wait()
            raise LookupError("bad")

        @group.step
        async def long(self) -> dict[str, Any]:
            started.set()
            try:
                await asyncio.Event().wait()
            finally:
                await asyncio.sleep(0)
                did("long was cancelled and has tidied up")
            return {"long": 1}

    async def main() -> None:
        with pytest.raises(LookupError, match="bad") as caught:
            await Fails().run()
        assert ['in flow Fails, step "group/bad"'] == caught.value.__notes__
        assert ["long was cancelled and has tidied up"] == EFFECTS
        assert {asyncio.current_task()} == asyncio.all_tasks()

    asyncio.run(main())


def test_a_failure_waits_for_members_in_threads() -> None:
    entered, leave = threading.Event(), threading.Event()

    class Fails(Flow):
        group = flow.parallel("group", on_error="continue")

        @group.step
        def in_thread(self) -> dict[str, Any]:
            entered.set()
            leave.wait(30)
            did("thread ended")
            return {"late": 1}

        @group.step
        async def bad(self) -> None:
            await asyncio.to_thread(entered.wait, 30)
            asyncio.get_running_loop().call_later(0, leave.set)
            raise LookupError("bad")

        @flow.step
        def after(self, ctx: Any, /) -> dict[str, Any]:
            did("after")
            return {"saw": sorted(ctx)}

    assert {"saw": []} == Fails().run_sync()
    assert ["thread ended", "after"] == EFFECTS


def test_a_group_that_failed_and_was_survived_has_changed_nothing(run: Runner) -> None:
    class Survives(Flow):
        group = flow.parallel("group", on_error="continue")

        @group.step
        async def good(self) -> dict[str, Any]:
            return {"good": 1}

        @group.step
        async def bad(self) -> None:
            raise LookupError("bad")

        @flow.step
        def after(self, ctx: Any, /) -> dict[str, Any]:
            return {"saw": sorted(ctx)}

    assert {"a": 1, "saw": ["a"]} == run(Survives, {"a": 1})


def test_settled_merges_what_succeeded_and_reports_the_rest(run: Runner) -> None:
    assert {"good": 1, "has": ["good"]} == run(Settled)
    assert ["bad", "end", "good", "one"] == sorted(EFFECTS)
    told: list[tuple[str, str]] = []
    Settled().run_sync(on_step_error=lambda path, error: told.append((path, str(error))))
    assert [("all/half_bad/bad", "bad"), ("all/half_bad", "bad")] == told


def test_settled_survives_a_failure_before_the_first_await() -> None:
    class Throws(Flow):
        group = flow.parallel("group", mode="settled")

        @group.step
        def at_once(self) -> Any:
            raise ValueError("at once")

        @group.step("by-its-parameters")
        async def missing(self, nowhere: int) -> None: ...

        @group.step
        async def good(self) -> dict[str, Any]:
            return {"good": 1}

    assert {"good": 1} == Throws().run_sync()


def test_a_settled_group_in_which_all_fail_is_a_failure_with_all_errors(run: Runner) -> None:
    class AllFail(Flow):
        group = flow.parallel("group", mode="settled")

        @group.step
        async def one(self) -> None:
            raise ValueError("one")

        @group.step
        async def two(self) -> None:
            raise LookupError("two")

    with pytest.raises(ExceptionGroup) as caught:
        run(AllFail)
    assert 'all members of the parallel group "group" failed' == caught.value.message
    assert ["ValueError('one')", "LookupError('two')"] == [repr(error) for error in caught.value.exceptions]
    assert ['in flow AllFail, step "group"'] == caught.value.__notes__


def test_skip_remaining_in_a_member_ends_the_run_after_the_group(run: Runner) -> None:
    class Ends(Flow):
        group = flow.parallel("group")

        @group.step("quits", on_error="skip-remaining")
        async def quits(self) -> None:
            raise ValueError("enough")

        @group.step
        async def good(self) -> dict[str, Any]:
            return {"good": 1}

        @flow.step
        def never(self) -> dict[str, Any]:
            return {"never": 1}

    assert {"good": 1} == run(Ends)
    assert [("group/good", "")] == events(Ends)


def test_a_member_that_ended_early_is_not_run_again_when_the_group_is_retried() -> None:
    class Quits(Flow):
        @flow.step
        async def add(self, n: int) -> dict[str, Any]:
            did("add")
            return {"n": n + 1}

        @flow.step(on_error="skip-remaining")
        async def quit(self) -> None:
            raise ValueError("enough")

    class Ends(Flow):
        group = flow.parallel("group", retries=2)
        quits = group.subflow(Quits)

        @group.step
        async def flaky(self) -> None:
            did("flaky")
            if EFFECTS.count("flaky") < 3:
                raise ConnectionError("not yet")

    assert {"n": 1} == Ends().run_sync({"n": 0})
    assert ["add", "flaky", "flaky", "flaky"] == EFFECTS


# Events and checkpoints.


def test_members_events_carry_the_checkpoint_from_before_the_group() -> None:
    seen = events(Gather, {"n": 1})
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
    assert {("both/left", ""), ("both/right", "")} == set(events(GroupFirst)[:2])
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

    seen = events(Outer)
    assert {("nested/both/left", "begin"), ("nested/both/right", "begin")} == set(seen[1:3])
    assert [("nested/both", "nested/both"), ("nested/sum", "nested/sum"), ("nested", "nested")] == seen[3:]


def test_a_stop_inside_a_group_leaves_it_to_be_run_again_as_one_step() -> None:
    texts: list[str] = []

    def stop(event: Any) -> None:
        if event.step_name == "gather-signals/market_size":
            texts.append(event.checkpoint)
            event.stop_pipeline()

    stopped = Gather().run_sync({"n": 3}, on_step_complete=stop)
    assert {"n": 3, "topic": ["x"], "size": 7, "last": "market_size"} == stopped
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
    with pytest.raises(FlowDefinitionError, match=r'"lost": the parallel group that it belongs to is no attribute'):

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
