"""Retries: how many attempts, when, of what, and who is told. Time is virtual."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable
from typing import Any

import pytest
import stepping
from notes import notes

from stepkit import CircuitBreaker, Flow, LogConfig, flow
from stepkit.errors import (
    ContextCollisionError,
    FlowDefinitionError,
    MissingKeyError,
    RunCancelledError,
    StepOutputError,
    UnknownCaseError,
)


class Boom(Exception):
    pass


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


# When


async def times_of(owner: Flow) -> list[float]:
    """The times at which the steps of a flow called ``self.tick``."""
    loop = asyncio.get_running_loop()
    times: list[float] = []
    owner.tick = lambda: times.append(loop.time())  # type: ignore[attr-defined]
    try:
        await owner.run()
    except Boom:
        pass
    return times


def test_a_delay_in_seconds_lies_between_two_attempts_and_not_behind_the_last() -> None:
    class Trying(Flow):
        @flow.step("try", retries=2, retry_delay=1.5, on_error="continue")
        async def trying(self):
            self.tick()  # type: ignore[attr-defined]
            raise Boom

        @flow.step("after")
        def after(self):
            self.tick()  # type: ignore[attr-defined]

    assert stepping.run(times_of(Trying())) == [0.0, 1.5, 3.0, 3.0]


def test_a_delay_may_be_a_function_of_the_attempt_and_its_error() -> None:
    asked: list[tuple[int, str]] = []

    def backoff(attempt: int, error: Exception) -> float:
        asked.append((attempt, str(error)))
        return 2.0**attempt

    class Trying(Flow):
        @flow.step("try", retries=3, retry_delay=backoff)
        async def trying(self):
            self.tick()  # type: ignore[attr-defined]
            raise Boom(f"attempt {flow.current().attempt}")

    assert stepping.run(times_of(Trying())) == [0.0, 2.0, 6.0, 14.0]
    assert asked == [(1, "attempt 1"), (2, "attempt 2"), (3, "attempt 3")]


@pytest.mark.parametrize("seconds", [-1, math.nan, math.inf, "1", None, True, object()])
def test_a_delay_that_is_no_number_of_seconds_is_said_so(seconds: Any) -> None:
    class Trying(Flow):
        @flow.step("try", retries=3, retry_delay=lambda attempt, error: seconds)
        def trying(self):
            raise Boom("the step's own")

    with pytest.raises(
        ValueError, match="retry_delay returned .*; it returns a finite number of seconds from 0"
    ) as caught:
        Trying().run_sync()
    assert repr(caught.value.__cause__) == repr(Boom("the step's own"))


async def later(*arguments: object) -> bool:
    return True


@pytest.mark.parametrize("option", ["should_retry", "retry_delay"])
def test_an_async_rule_is_said_to_be_a_mistake_and_leaves_no_coroutine_behind(option: str) -> None:
    class Trying(Flow):
        @flow.step("try", retries=3, **{option: lambda *arguments: later(*arguments)})
        def trying(self):
            raise Boom

    with pytest.raises(
        TypeError, match=f"{option} returned an awaitable; it is an ordinary function, not an async one"
    ):
        stepping.run(Trying().run())


@pytest.mark.parametrize("option", ["should_retry", "retry_delay"])
def test_a_rule_that_raises_is_the_failure_of_the_step_and_shows_what_came_before(option: str) -> None:
    def broken(*arguments: object) -> Any:
        raise LookupError("in the rule")

    class Trying(Flow):
        @flow.step("try", retries=3, **{option: broken}, on_error="continue")
        def trying(self):
            raise Boom

        @flow.step("after")
        def after(self):
            return {"after": True}

    told: list[Exception] = []
    assert stepping.run(Trying().run(on_step_error=lambda step, error: told.append(error))) == {"after": True}
    assert [repr(error) for error in told] == ["LookupError('in the rule')"]
    assert isinstance(told[0].__context__, Boom)


def test_a_sync_run_is_cancelled_between_two_attempts() -> None:
    class Trying(Flow):
        cancelled = False

        def is_set(self) -> bool:
            return self.cancelled

        @flow.step("try", retries=5, on_error="continue")
        def trying(self):
            self.cancelled = True
            assert flow.current().attempt == 1
            raise Boom

    owner = Trying()
    with pytest.raises(RunCancelledError, match='the run was cancelled before step "try"'):
        owner.run_sync(cancel=owner)


# Who is told


@pytest.mark.parametrize("on_error", ["raise", "continue", "skip-remaining"])
def test_on_step_error_is_told_of_each_failed_attempt_and_current_says_which(on_error: Any) -> None:
    told: list[tuple[str, str, int]] = []

    class Trying(Flow):
        @flow.step("try", retries=2, on_error=on_error)
        def trying(self):
            raise Boom(f"attempt {flow.current().attempt}")

        def on_step_error(self, step: str, error: Exception) -> None:
            told.append((step, str(error), flow.current().attempt))

    try:
        Trying().run_sync()
    except Boom:
        assert on_error == "raise"
    assert told == [("try", "attempt 1", 1), ("try", "attempt 2", 2), ("try", "attempt 3", 3)]


def test_the_log_says_each_attempt() -> None:
    lines: list[str] = []

    class Trying(Flow):
        @flow.step("try", retries=2, retry_delay=0.25)
        async def trying(self):
            raise Boom(f"attempt {flow.current().attempt}")

    config = LogConfig(log_fn=lines.append, error_fn=lines.append, emoji=False)
    with pytest.raises(Boom):
        stepping.run(Trying().run(log=config))
    assert [line for line in lines if "attempt" in line] == [
        "try attempt 1 of 3 failed, retrying in 250ms: Boom: attempt 1",
        "try attempt 2 of 3 failed, retrying in 250ms: Boom: attempt 2",
        "   Error: Boom: attempt 3",
    ]


# What an attempt reads


def test_each_attempt_reads_what_was_there_before_the_first() -> None:
    seen: list[list[int]] = []

    class Trying(Flow):
        @flow.step("try", retries=2)
        def trying(self, items):
            items.append(1)
            seen.append(list(items))
            if len(seen) < 3:
                raise Boom
            return {"items": items}

    given = [0]
    assert Trying().run_sync({"items": given}) == {"items": [0, 1]}
    assert seen == [[0, 1]] * 3
    assert given == [0]


def test_a_transform_a_when_and_the_whole_context_are_fresh_in_each_attempt_too() -> None:
    class Trying(Flow):
        @flow.transform("try", retries=2)
        def trying(self, ctx, /):
            ctx["items"].append(1)
            if flow.current().attempt < 3:
                raise Boom
            return {"items": ctx["items"]}

    assert Trying().run_sync({"items": []}) == {"items": [1]}


# Containers go on after their last completed step


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


def test_retries_of_a_step_beside_a_circuit_breaker_are_attempts_too() -> None:
    work = fails(2)

    class Trying(Flow):
        @flow.step("try", retries=2, circuit_breaker=CircuitBreaker(failure_threshold=3, cooldown=1))
        def trying(self):
            work()
            return {"calls": work.calls}  # type: ignore[attr-defined]

    assert Trying().run_sync() == {"calls": 3}
    assert Trying.circuit_breaker("try").failures == 0
