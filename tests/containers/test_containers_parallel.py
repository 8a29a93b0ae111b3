"""Parallel groups: one step whose members start together, see the same context, and are merged in table order."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest
from container_flows import EFFECTS, LoadSession, Settled, did
from container_runs import Runner, completions
from notes import notes

from stepkit import Flow, flow
from stepkit.errors import ContextCollisionError

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
        assert ['in flow Fails, step "group/bad", run ...'] == notes(caught.value)
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
    assert ['in flow AllFail, step "group", run ...'] == notes(caught.value)


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
    assert [("group/good", "")] == completions(Ends)


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
