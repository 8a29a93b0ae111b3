"""Retries: how many attempts, and of what. Time is virtual."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
import stepping
from boom import Boom
from notes import notes

from stepkit import CircuitBreaker, Flow, flow
from stepkit.errors import (
    ContextCollisionError,
    FlowDefinitionError,
    MissingKeyError,
    StepOutputError,
    UnknownCaseError,
)


class Bang(Boom):
    pass


def fails(times: int, error: Callable[[int], BaseException] = lambda number: Boom(str(number))) -> Callable[[], None]:
    """A function that raises the first ``times`` times that it is called; ``calls`` counts."""

    def call() -> None:
        call.calls += 1  # type: ignore[attr-defined]
        if call.calls <= times:  # type: ignore[attr-defined]
            raise error(call.calls)  # type: ignore[attr-defined]

    call.calls = 0  # type: ignore[attr-defined]
    return call


# How many attempts


@pytest.mark.parametrize("retries", [0, 1, 2, 5])
@pytest.mark.parametrize("failures", [0, 1, 2, 3, 9])
@pytest.mark.parametrize("is_async", [False, True])
def test_a_step_has_exactly_one_attempt_more_than_retries(retries: int, failures: int, is_async: bool) -> None:
    work = fails(failures)
    attempts: list[int] = []

    class Sync(Flow):
        @flow.step("try", retries=retries)
        def trying(self):
            attempts.append(flow.current().attempt)
            work()
            return {"done": True}

    class Async(Flow):
        @flow.step("try", retries=retries)
        async def trying(self):
            await asyncio.sleep(0)
            attempts.append(flow.current().attempt)
            work()
            return {"done": True}

    owner = Async() if is_async else Sync()
    if failures <= retries:
        assert stepping.run(owner.run()) == {"done": True}
        assert attempts == list(range(1, failures + 2))
    else:
        with pytest.raises(Boom) as caught:
            stepping.run(owner.run())
        assert str(caught.value) == str(retries + 1)
        assert attempts == list(range(1, retries + 2))


def test_a_sync_flow_retries_without_an_event_loop() -> None:
    work = fails(2)

    class Trying(Flow):
        @flow.step("try", retries=2)
        def trying(self):
            with pytest.raises(RuntimeError):
                asyncio.get_running_loop()
            work()
            return {"calls": work.calls}  # type: ignore[attr-defined]

    assert Trying().run_sync() == {"calls": 3}


def test_the_error_of_the_last_attempt_is_raised_as_it_was_with_a_note_of_where() -> None:
    errors = [Boom("first"), Bang("second")]

    class Trying(Flow):
        @flow.step("try", retries=1)
        def trying(self):
            raise errors[flow.current().attempt - 1]

    with pytest.raises(Bang) as caught:
        Trying().run_sync()
    assert caught.value is errors[1]
    assert notes(caught.value) == ['in flow Trying, step "try", run ...']


# Of what


@pytest.mark.parametrize(
    ("rule", "error", "calls"),
    [
        (None, Boom(), 3),
        (None, OSError(), 3),
        (Boom, Boom(), 3),
        (Boom, Bang(), 3),
        (Bang, Boom(), 1),
        ((OSError, Boom), Boom(), 3),
        ((OSError, LookupError), Boom(), 1),
        (lambda error: isinstance(error, Boom), Boom(), 3),
        (lambda error: isinstance(error, Bang), Boom(), 1),
        (lambda error: 0, Boom(), 1),
        (lambda error: "yes", Boom(), 3),
    ],
)
def test_should_retry_says_which_errors_are_tried_again(rule: Any, error: Exception, calls: int) -> None:
    seen: list[int] = []

    class Trying(Flow):
        @flow.step("try", retries=2, should_retry=rule)
        def trying(self):
            seen.append(1)
            raise error

    with pytest.raises(type(error)):
        Trying().run_sync()
    assert len(seen) == calls


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit, asyncio.CancelledError, GeneratorExit])
def test_what_is_no_exception_is_never_retried_and_asks_nobody(error: type[BaseException]) -> None:
    asked: list[BaseException] = []

    class Trying(Flow):
        @flow.step("try", retries=5, should_retry=lambda error: not asked.append(error), on_error="continue")
        def trying(self):
            raise error

    with pytest.raises(error):
        Trying().run_sync(on_step_error=lambda step, error: asked.append(error))
    assert asked == []


class Nothing(Flow):
    pass


class MissesKey(Flow):
    @flow.step("try", retries=3)
    def trying(self, absent):
        return {}


class ReturnsJunk(Flow):
    @flow.step("try", retries=3)
    def trying(self):
        return 5


class Collides(Flow):
    @flow.step("try", retries=3, merge="error")
    def trying(self):
        return {"given": 1}


class ChoosesNoCase(Flow):
    @flow.branch("try", cases={"yes": Nothing}, retries=3)
    def trying(self):
        return "no"


class MakesNoFlow(Flow):
    trying = flow.subflow("try", lambda self: 5, retries=3)


class HoldsAMistake(Flow):
    trying = flow.subflow("try", ReturnsJunk, retries=3)


class GroupOfMistakes(Flow):
    group = flow.parallel("try", mode="settled", retries=3)

    @group.step
    async def one(self, absent):
        return {}

    @group.step
    async def two(self):
        return 5


@pytest.mark.parametrize(
    ("owner", "error"),
    [
        (MissesKey(), MissingKeyError),
        (ReturnsJunk(), StepOutputError),
        (Collides(), ContextCollisionError),
        (ChoosesNoCase(), UnknownCaseError),
        (MakesNoFlow(), FlowDefinitionError),
        (HoldsAMistake(), StepOutputError),
        (GroupOfMistakes(), ExceptionGroup),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Flow) else "",
)
def test_a_mistake_of_the_flow_is_not_retried(owner: Flow, error: type[Exception]) -> None:
    told: list[tuple[str, Exception]] = []
    with pytest.raises(error) as caught:
        stepping.run(owner.run({"given": 0}, on_step_error=lambda step, error: told.append((step, error))))
    assert [each for each in told if each[0] == "try"] == [("try", caught.value)]


def test_a_settled_group_in_which_not_only_mistakes_were_made_is_retried() -> None:
    work = fails(1)

    class Group(Flow):
        group = flow.parallel("try", mode="settled", retries=3)

        @group.step
        async def one(self, absent):
            return {}

        @group.step
        async def two(self):
            work()
            return {"two": 2}

    assert stepping.run(Group().run()) == {"two": 2}


def test_retries_of_a_step_beside_a_circuit_breaker_are_attempts_too() -> None:
    work = fails(2)

    class Trying(Flow):
        @flow.step("try", retries=2, circuit_breaker=CircuitBreaker(failure_threshold=3, cooldown=1))
        def trying(self):
            work()
            return {"calls": work.calls}  # type: ignore[attr-defined]

    assert Trying().run_sync() == {"calls": 3}
    assert Trying.circuit_breaker("try").failures == 0
