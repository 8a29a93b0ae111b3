"""A container that is tried again goes on after its last completed step. Time is virtual."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
import stepping
from boom import Boom
from notes import notes

from stepkit import Flow, flow


class World:
    """What the steps of a flow do to the outside, in order; a step fails as often as it was told to."""

    def __init__(self, **failures: int) -> None:
        self.failures = failures
        self.log: list[str] = []

    def do(self, name: str) -> None:
        self.log.append(name)
        if self.failures.get(name, 0) > 0:
            self.failures[name] -= 1
            raise Boom(name)


class Inner(Flow):
    def __init__(self, world: World) -> None:
        self.world = world

    @flow.step("first")
    def first(self, n):
        self.world.do("first")
        return {"n": n + 1, "first": 1}

    @flow.transform("second")
    async def second(self, ctx, /):
        self.world.do("second")
        return {"n": ctx["n"] * 10, "kept": ctx["first"]}

    @flow.step("third")
    def third(self, n):
        self.world.do("third")
        return {"n": n + 5}


class Nested(Flow):
    def __init__(self, world: World) -> None:
        self.world = world

    inner = flow.subflow("inner", lambda self: Inner(self.world), retries=3)


class Deep(Flow):
    def __init__(self, world: World) -> None:
        self.world = world

    nested = flow.subflow("nested", lambda self: Nested(self.world), retries=1)


class Nothing(Flow):
    pass


class Branching(Flow):
    def __init__(self, world: World) -> None:
        self.world = world

    @flow.branch("route", cases={"even": lambda self: Inner(self.world), "odd": Nothing}, retries=3)
    def route(self, n):
        self.world.do("route")
        return "even" if n % 2 == 0 else "odd"


class Grouped(Flow):
    def __init__(self, world: World) -> None:
        self.world = world

    group = flow.parallel("group", retries=3)
    inner = group.subflow(lambda self: Inner(self.world))

    @group.step
    async def beside(self):
        for _ in range(20):
            await asyncio.sleep(0)
        self.world.do("beside")
        return {"beside": True}


@pytest.mark.parametrize(
    ("make", "failures", "log"),
    [
        (Nested, {}, "first second third"),
        (Nested, {"first": 2}, "first first first second third"),
        (Nested, {"third": 2}, "first second third third third"),
        (Nested, {"first": 1, "second": 1, "third": 1}, "first first second second third third"),
        (Deep, {"third": 7}, "first second third third third third third third third third"),
        (Branching, {"route": 1, "third": 1}, "route route first second third third"),
        (Branching, {"second": 3}, "route first second second second second third"),
    ],
)
def test_a_retried_container_goes_on_after_its_last_completed_step(make: Any, failures: Any, log: str) -> None:
    world = World(**failures)
    result = stepping.run(make(world).run({"n": 2, "other": [1]}))
    assert result == {"n": 35, "first": 1, "kept": 1, "other": [1]} or result == {"n": 35, "kept": 1, "other": [1]}
    assert result == stepping.run(make(World()).run({"n": 2, "other": [1]}))
    assert world.log == log.split()


def test_a_container_that_has_used_up_its_retries_fails() -> None:
    world = World(third=9)
    with pytest.raises(Boom, match="third") as caught:
        stepping.run(Nested(world).run({"n": 2}))
    assert world.log == ["first", "second", "third", "third", "third", "third"]
    assert notes(caught.value) == ['in flow Nested, step "inner/third", run ...']


def test_members_of_a_retried_group_that_were_done_are_not_run_again() -> None:
    world = World(beside=2)
    assert stepping.run(Grouped(world).run({"n": 2})) == {"n": 35, "kept": 1, "beside": True}
    assert world.log == ["first", "second", "third", "beside", "beside", "beside"]


def test_a_member_that_was_cancelled_goes_on_after_its_last_completed_step() -> None:
    class Grouped(Flow):
        def __init__(self, world: World) -> None:
            self.world = world

        group = flow.parallel("group", retries=1)
        slow = group.subflow(lambda self: Slow(self.world))

        @group.step
        async def failing(self):
            await asyncio.sleep(5)
            self.world.do("failing")

    class Slow(Inner):
        @flow.transform("second")
        async def second(self, ctx, /):
            self.world.do("second")
            await asyncio.sleep(10)
            return {"n": ctx["n"] * 10}

    world = World(failing=1)
    assert stepping.run(Grouped(world).run({"n": 2})) == {"n": 35}
    assert world.log == ["first", "second", "failing", "second", "failing", "third"]


def test_the_events_of_a_retried_container_are_those_of_one_run_through_it() -> None:
    events: list[str] = []
    told: list[str] = []
    stepping.run(
        Nested(World(third=2)).run(
            {"n": 2},
            on_step_complete=lambda event: events.append(event.step_name),
            on_step_error=lambda step, error: told.append(step),
        )
    )
    assert events == ["inner/first", "inner/second", "inner/third", "inner"]
    assert told == ["inner/third", "inner", "inner/third", "inner"]


def test_a_checkpoint_from_inside_a_retried_container_resumes_to_the_same_result() -> None:
    checkpoints: list[str] = []
    whole = stepping.run(
        Deep(World(second=2, third=1)).run(
            {"n": 2}, on_step_complete=lambda event: checkpoints.append(event.checkpoint)
        )
    )
    assert len(checkpoints) == 5
    for checkpoint in checkpoints:
        assert stepping.run(Deep(World(third=1)).run_checkpoint(checkpoint)) == whole


def test_an_inner_step_that_has_used_up_its_own_retries_is_tried_anew_by_its_container() -> None:
    class Trying(Flow):
        def __init__(self, world: World) -> None:
            self.world = world

        @flow.step("try", retries=1)
        def trying(self):
            self.world.log.append(f"attempt {flow.current().attempt}")
            self.world.do("try")

    class Around(Flow):
        def __init__(self, world: World) -> None:
            self.world = world

        inner = flow.subflow("inner", lambda self: Trying(self.world), retries=1)

    world = World(**{"try": 3})
    Around(world).run_sync()
    assert world.log == ["attempt 1", "try", "attempt 2", "try", "attempt 1", "try", "attempt 2", "try"]
