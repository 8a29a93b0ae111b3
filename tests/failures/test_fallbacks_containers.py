"""What a fallback stands in for: nested flows, branches, groups, transforms, and every kind of failure."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from failing_steps import Down, Input

from stepkit import CircuitBreaker, Flow, flow
from stepkit.errors import (
    CircuitOpenError,
    ContextCollisionError,
    MissingKeyError,
    StepOutputError,
    StepTimeoutError,
)
from stepkit.testing import assert_resumable


class Fails(Flow[Input]):
    @flow.step("first")
    def first(self, n):
        return {"lost": n}

    @flow.step("fail")
    def fail(self):
        raise Down


def instead(self: Any, error: Exception, n: int) -> dict[str, Any]:
    return {"answer": n}


class Nested(Flow[Input]):
    inner = flow.subflow("inner", Fails, on_error=instead)


class Routed(Flow[Input]):
    @flow.branch("route", cases={"fails": Fails}, on_error=instead)
    def route(self, n):
        return "fails"


class Unrouted(Flow[Input]):
    @flow.branch("route", cases={"fails": Fails}, on_error=instead)
    def route(self, n):
        raise Down


class Grouped(Flow[Input]):
    group = flow.parallel("group", on_error=instead)
    fails = group.subflow(Fails)

    @group.step("other")
    async def other(self):
        return {"lost": 1}


class Member(Flow[Input]):
    group = flow.parallel("group")
    fails = group.subflow(Fails, on_error=instead)


class MemberStep(Flow[Input]):
    group = flow.parallel("group", mode="settled")

    @group.step("member", on_error=instead)
    async def member(self):
        raise Down


class Transformed(Flow[Input]):
    @flow.transform("reduce", on_error=lambda error, n: {"n": n, "answer": n})
    def reduce(self):
        raise Down


@pytest.mark.parametrize("cls", [Nested, Routed, Unrouted, Grouped, Member, MemberStep, Transformed])
def test_it_stands_in_for_everything_that_may_fail(cls: type[Flow[Input]]) -> None:
    class Goes(cls):  # type: ignore[misc, valid-type]
        @flow.step("use")
        def use(self, answer):
            return {"used": answer}

    assert Goes().run_sync({"n": 1}) == {"n": 1, "answer": 1, "used": 1}
    asyncio.run(assert_resumable(Goes(), {"n": 1}))


def test_a_transform_has_its_context_replaced_by_it() -> None:
    class Reduces(Flow[Input]):
        @flow.transform("reduce", on_error=lambda error, n: {"answer": n})
        def reduce(self):
            raise Down

    assert Reduces().run_sync({"n": 1}) == {"answer": 1}


def test_a_settled_group_whose_member_has_one_has_not_failed() -> None:
    assert MemberStep().run_sync({"n": 1}) == {"n": 1, "answer": 1}


@pytest.mark.parametrize("cls", [Nested, Routed, Member])
def test_a_container_goes_on_after_its_inside_is_resumed_and_fails_again(cls: type[Flow[Input]]) -> None:
    taken: list[str] = []
    cls().run_sync({"n": 1}, on_step_complete=lambda event: taken.append(event.checkpoint))
    for checkpoint in taken:
        assert cls().run_checkpoint_sync(checkpoint) == {"n": 1, "answer": 1}


def test_the_merge_policy_is_the_steps_own() -> None:
    class Keeps(Flow[Input]):
        @flow.step("ask", merge="skip", on_error=lambda error: {"n": 5, "m": 1})
        def ask(self):
            raise Down

    class Collides(Flow[Input]):
        @flow.step("ask", merge="error", on_error=lambda error: {"n": 5})
        def ask(self):
            raise Down

    assert Keeps().run_sync({"n": 1}) == {"n": 1, "m": 1}
    with pytest.raises(ContextCollisionError) as caught:
        Collides().run_sync({"n": 1})
    assert isinstance(caught.value.__cause__, Down)


def test_timeouts_open_circuits_and_mistakes_are_failures_too() -> None:
    seen: list[type[Exception]] = []

    def note(error: Exception) -> None:
        seen.append(type(error))

    class All(Flow):
        @flow.step("slow", timeout=0.01, on_error=note)
        async def slow(self):
            await asyncio.sleep(60)

        @flow.step("circuit", circuit_breaker=CircuitBreaker(failure_threshold=1, cooldown=60), on_error=note)
        def circuit(self):
            raise Down

        @flow.step("returns", on_error=note)
        def returns(self):
            return 5

        @flow.step("reads", on_error=note)
        def reads(self, missing):
            return {}

    for _ in range(2):
        All().run_sync()
    assert seen == [
        *(StepTimeoutError, Down, StepOutputError, MissingKeyError),
        *(StepTimeoutError, CircuitOpenError, StepOutputError, MissingKeyError),
    ]
