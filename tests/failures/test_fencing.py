"""What an attempt does after it was given up: nothing of it counts. Time is virtual."""

from __future__ import annotations

import asyncio
import threading
from dataclasses import dataclass, field
from typing import Any

import pytest
import stepping

from stepkit import Flow, LogConfig, StepEvent, flow
from stepkit.errors import CheckpointError, StepTimeoutError
from stepkit.runtime.isolation import copy_context, copy_value


class Boom(Exception):
    pass


@dataclass
class Order:
    items: list[int] = field(default_factory=list)


def fresh() -> dict[str, Any]:
    return {"numbers": [1], "deep": {"list": [{"x": 1}]}, "order": Order([1]), "members": {1}}


def spoil(context: Any) -> None:
    """Change everything that was read, in place."""
    context["numbers"].append(99)
    context["deep"]["list"][0]["x"] = 99
    context["deep"]["new"] = 99
    context["order"].items.append(99)
    context["members"].add(99)


async def swallow(seconds: float = 100) -> None:
    """Sleep, and take a cancellation for the end of it."""
    try:
        await asyncio.sleep(seconds)
    except asyncio.CancelledError:
        pass


class Around(Flow):
    hang: stepping.Hang


SAW = [[1], "{'list': [{'x': 1}]}", "Order(items=[1])", [1]]


class AsyncWork(Flow):
    @flow.step("inside")
    async def inside(self, ctx, /):
        await swallow()
        await asyncio.sleep(1)
        spoil(ctx)
        return {"late": True, "numbers": "late"}

    @flow.step("next")
    def next(self):
        return {"late": "and later"}


class ThreadWork(Flow):
    def __init__(self, hang: stepping.Hang) -> None:
        self.hang = hang

    @flow.step("inside")
    def inside(self, numbers, deep, order, members):
        self.hang.here()
        spoil({"numbers": numbers, "deep": deep, "order": order, "members": members})
        return {"late": True, "numbers": "late"}

    @flow.transform("next")
    def next(self):
        return {"late": "and later"}


def first_of_async() -> list[type[Flow]]:
    """Flows whose first step is given up; they inherit the rest."""

    class Step(Around):
        @flow.step("work", timeout=1, on_error="continue")
        async def work(self, ctx, /):
            await swallow()
            spoil(ctx)
            return {"late": True, "numbers": "late"}

    class Transform(Around):
        @flow.transform("work", timeout=1, on_error="continue")
        async def work(self, ctx, /):
            await swallow()
            await asyncio.sleep(1)
            spoil(ctx)
            return {"late": True}

    class Nested(Around):
        work = flow.subflow("work", AsyncWork, timeout=1, on_error="continue")

    class Branch(Around):
        @flow.branch("work", cases={"case": AsyncWork}, timeout=1, on_error="continue")
        def work(self):
            return "case"

    class Group(Around):
        work = flow.parallel("work", timeout=1, on_error="continue")
        member = work.subflow(AsyncWork)

        @work.step
        async def other(self, ctx, /):
            await swallow()
            spoil(ctx)
            return {"other": True}

    class Failing(Around):
        """The group is not timed: one member fails, and the other does not mind that it is cancelled."""

        work = flow.parallel("work", on_error="continue")
        member = work.subflow(AsyncWork)

        @work.step
        async def failing(self):
            await asyncio.sleep(1)
            raise Boom

    return [Step, Transform, Nested, Branch, Group, Failing]


def first_of_threads() -> list[type[Flow]]:
    class Step(Around):
        @flow.step("work", timeout=1, on_error="continue")
        def work(self, ctx, /):
            self.hang.here()
            spoil(ctx)
            return {"late": True, "numbers": "late"}

    class Nested(Around):
        work = flow.subflow("work", lambda self: ThreadWork(self.hang), timeout=1, on_error="continue")

    class Group(Around):
        work = flow.parallel("work", timeout=1, on_error="continue")
        member = work.subflow(lambda self: ThreadWork(self.hang))

        @work.step
        def other(self, ctx, /):
            self.hang.here()
            spoil(ctx)
            return {"other": True}

    class Settled(Around):
        work = flow.parallel("work", mode="settled")

        @work.step("timed", timeout=1)
        def timed(self, ctx, /):
            self.hang.here()
            spoil(ctx)
            return {"late": True}

        @work.step
        async def fine(self):
            return {"fine": True}

    return [Step, Nested, Group, Settled]


def with_the_rest(first: type[Flow]) -> type[Flow]:
    """The steps that follow after the one that is given up."""

    class Whole(first):  # type: ignore[misc, valid-type]
        @flow.step("wait")
        async def waits(self):
            self.hang.release()
            await asyncio.sleep(50)
            return {"waited": True}

        @flow.step("look")
        def looks(self, numbers, deep, order: Order, members):
            return {"saw": [list(numbers), repr(deep), repr(order), sorted(members)]}

    return Whole


@pytest.mark.parametrize(
    "first", [*first_of_async(), *first_of_threads()], ids=lambda first: first.__qualname__.split(".")[-1]
)
def test_nothing_that_an_attempt_does_after_it_was_given_up_counts(first: type[Flow]) -> None:
    Whole = with_the_rest(first)
    owner = Whole()
    owner.hang = stepping.Hang()  # type: ignore[attr-defined]
    events: list[StepEvent] = []
    contexts: list[Any] = []
    told: list[str] = []
    lines: list[str] = []

    def on_step_complete(event: StepEvent) -> None:
        events.append(event)
        contexts.append(dict(event.context))

    result = stepping.run(
        owner.run(
            fresh(),
            on_step_complete=on_step_complete,
            on_step_error=lambda step, error: told.append(step),
            log=LogConfig(log_fn=lines.append, error_fn=lines.append, emoji=False),
        ),
        owner.hang,  # type: ignore[attr-defined]
    )
    fine = {"fine": True} if first.__name__ == "Settled" else {}
    assert result == {**fresh(), **fine, "waited": True, "saw": SAW}
    completed = ["work/fine", "work"] if fine else []
    assert [event.step_name for event in events] == [*completed, "wait", "look"]
    assert contexts[-2] == {**fresh(), **fine, "waited": True}
    assert events[-1].context == result
    assert told == (["work/failing", "work"] if first.__name__ == "Failing" else ["work/timed"] if fine else ["work"])
    assert not any("next" in line for line in lines)
    resumed = stepping.run(owner.run_checkpoint(events[-2].checkpoint), owner.hang)  # type: ignore[attr-defined]
    assert resumed["saw"] == SAW


def test_a_retry_after_an_attempt_in_a_thread_reads_what_was_there_before() -> None:
    class Retried(Flow):
        def __init__(self, hang: stepping.Hang) -> None:
            self.hang = hang

        @flow.step("work", timeout=1, retries=1)
        def work(self, numbers):
            numbers.append(flow.current().attempt)
            if flow.current().attempt == 1:
                self.hang.here()
                numbers.append(99)
                raise Boom
            return {"numbers": numbers}

    hang = stepping.Hang()
    assert stepping.run(Retried(hang).run({"numbers": []}), hang) == {"numbers": [2]}


def test_a_survived_attempt_has_changed_nothing_that_it_read() -> None:
    class Survived(Flow):
        @flow.step("work", on_error="continue")
        def work(self, ctx, /):
            spoil(ctx)
            raise Boom

        @flow.step("skip", on_error="skip-remaining")
        def skip(self, ctx, /):
            spoil(ctx)
            raise Boom

    assert Survived().run_sync(fresh()) == fresh()


@pytest.mark.in_one_piece
def test_a_survived_container_has_changed_nothing_that_its_steps_and_conditions_read() -> None:
    def spoils(ctx: Any, /) -> bool:
        spoil(ctx)
        return True

    class Deepest(Flow):
        @flow.step("spoil", when=spoils)
        def spoil(self, ctx, /):
            spoil(ctx)
            return {"new": 1}

    class Inside(Flow):
        deepest = flow.subflow("deepest", Deepest)

        @flow.step("fail")
        def fail(self):
            raise Boom

    class Survived(Flow):
        inside = flow.subflow("inside", Inside, on_error="continue")

    assert Survived().run_sync(fresh()) == fresh()


# Steps, conditions, routes and callbacks that do not mind being cancelled


class Log:
    def __init__(self) -> None:
        self.lines: list[str] = []

    def __call__(self, line: str) -> None:
        self.lines.append(line)

    def __deepcopy__(self, memo: object) -> Log:
        return self  # steps read copies; they shall all write here


def run_timed(inside: type[Flow], log: Log, **callbacks: Any) -> Any:
    """Run ``inside`` under a timeout of one second, survive it, and wait."""

    class Timed(Flow):
        work = flow.subflow("work", inside, timeout=1, on_error="continue")

        @flow.step("wait")
        async def wait(self):
            log("given up")
            await asyncio.sleep(200)

    return stepping.run(Timed().run({"log": [log]}, **callbacks))


@pytest.mark.in_one_piece
def test_a_condition_that_ends_late_starts_no_step() -> None:
    log = Log()

    async def condition(log: Any) -> bool:
        await swallow()
        return True

    class Inside(Flow):
        @flow.step("guarded", when=condition)
        def guarded(self, log):
            log[0]("started")

    run_timed(Inside, log)
    assert log.lines == ["given up"]


def test_a_step_that_fails_late_is_not_retried_and_nobody_is_told() -> None:
    log = Log()

    class Inside(Flow):
        @flow.step("tried", retries=5, on_error="continue")
        async def tried(self, log):
            log[0](f"attempt {flow.current().attempt}")
            await swallow()
            raise Boom

        @flow.step("next")
        def next(self, log):
            log[0]("next")

    run_timed(Inside, log, on_step_error=lambda step, error: log(f"told of {step}"))
    assert log.lines == ["attempt 1", "told of work", "given up"]


@pytest.mark.in_one_piece
def test_a_route_that_ends_late_does_not_choose_for_the_next_attempt() -> None:
    class Case(Flow):
        @flow.step("give")
        async def give(self, log):
            log[0]("case")
            await asyncio.sleep(0.5)
            return {"chosen": "case"}

    class Other(Flow):
        @flow.step("give")
        async def give(self, log):
            log[0]("other")
            await asyncio.sleep(0.5)
            return {"chosen": "other"}

    class Branches(Flow):
        @flow.branch("route", cases={"case": Case, "other": Other}, timeout=1, retries=2)
        async def route(self, log):
            if flow.current().attempt == 1:
                await swallow()
                await asyncio.sleep(0.3)
                return "other"
            await asyncio.sleep(0.4)
            if flow.current().attempt == 2:
                raise Boom
            return "case"

    log = Log()
    assert stepping.run(Branches().run({"log": [log]}))["chosen"] == "case"
    assert log.lines == ["case"]


def test_a_callback_that_ends_late_stops_nothing_gets_no_checkpoint_and_is_the_last_one_called() -> None:
    log = Log()

    class Inside(Flow):
        @flow.step("first")
        async def first(self):
            return {"first": 1}

        @flow.step("next")
        def next(self, log):
            log[0]("next")

        async def on_step_complete(self, event: StepEvent) -> None:
            log(f"told of {event.step_name}")
            await swallow()
            event.stop_pipeline()
            try:
                log(event.checkpoint)
            except CheckpointError as error:
                log(str(error)[:71])
            raise Boom

    async def on_step_complete(event: StepEvent) -> None:
        assert event.step_name != "work/first"

    run_timed(Inside, log, on_step_complete=on_step_complete)
    assert log.lines == [
        "told of first",
        'flow Timed: the attempt in which step "work/first" was completed was gi',
        "given up",
    ]


def test_a_stop_that_was_asked_for_in_an_attempt_that_was_then_given_up_stops_nothing() -> None:
    log = Log()

    class Inside(Flow):
        @flow.step("first")
        async def first(self):
            return {"first": 1}

        @flow.step("second")
        async def second(self):
            return {"second": 2}

    class Timed(Flow):
        work = flow.subflow("work", Inside, timeout=1, retries=1)

    async def on_step_complete(event: StepEvent) -> None:
        log(event.step_name)
        if event.step_name == "work/first":
            event.stop_pipeline()
            await asyncio.sleep(100)

    assert stepping.run(Timed().run(on_step_complete=on_step_complete)) == {"first": 1, "second": 2}
    assert log.lines == ["work/first", "work/second", "work"]


def test_an_event_that_was_kept_from_an_attempt_that_was_given_up_still_shows_its_context() -> None:
    kept: list[StepEvent] = []

    class Inside(Flow):
        @flow.step("first")
        async def first(self):
            return {"first": 1}

    class Timed(Flow):
        work = flow.subflow("work", Inside, timeout=1)

    async def on_step_complete(event: StepEvent) -> None:
        kept.append(event)
        await asyncio.sleep(100)

    with pytest.raises(StepTimeoutError):
        stepping.run(Timed().run({"a": 0}, on_step_complete=on_step_complete))
    assert kept[0].context == {"a": 0, "first": 1}
    with pytest.raises(CheckpointError, match="the attempt in which step .work/first. was completed was given up"):
        _ = kept[0].checkpoint
    kept[0].stop_pipeline()  # too late for everything


# Groups


def test_when_a_member_fails_the_others_start_no_further_step() -> None:
    log = Log()

    class Stubborn(Flow):
        @flow.step("one")
        async def one(self):
            await swallow()
            return {"one": 1}

        @flow.step("two")
        def two(self, log):
            log[0]("two")

    class InThread(Flow):
        @flow.step("one")
        def one(self, log):
            log[0].event.wait(stepping.PATIENCE)
            log[0]("thread ended")

        @flow.step("two")
        def two(self, log):
            log[0]("two")

    class Group(Flow):
        group = flow.parallel("group")
        stubborn = group.subflow(Stubborn)
        in_thread = group.subflow(InThread)

        @group.step
        async def failing(self, log):
            asyncio.get_running_loop().call_later(0, log[0].event.set)
            raise Boom

    log.event = threading.Event()  # type: ignore[attr-defined]
    events: list[str] = []
    with pytest.raises(Boom):
        stepping.run(Group().run({"log": [log]}, on_step_complete=lambda event: events.append(event.step_name)))
    assert log.lines == ["thread ended"]  # it was waited for
    assert events == []
    assert stepping.no_threads_are_left()


# Copies


class Uncopyable:
    def __deepcopy__(self, memo: object) -> Any:
        raise TypeError("there is only one")


class Holder:
    def __init__(self, lock: Any) -> None:
        self.lock = lock


def test_a_copy_shares_only_what_cannot_be_copied() -> None:
    lock, only = threading.Lock(), Uncopyable()
    items = [1]
    value = {
        "lock": lock,
        "list": [only, items],
        "again": items,
        "tuple": (items, only),
        "set": {1},
        "holder": Holder(lock),
    }
    copied = copy_value(value)
    assert copied["lock"] is lock
    assert copied["list"][0] is only
    assert copied["holder"] is value["holder"]  # as a whole: half of an object is none
    assert copied["list"][1] == [1]
    assert copied["list"][1] is not items
    assert copied["again"] is copied["list"][1] is copied["tuple"][0]
    assert copied["set"] == {1}
    assert copied["set"] is not value["set"]


def test_a_value_that_holds_itself_is_copied_too() -> None:
    value: dict[str, Any] = {"lock": threading.Lock()}
    value["self"] = value
    copied = copy_value(value)
    assert copied is not value
    assert copied["self"] is copied


def test_a_value_too_deep_to_copy_is_shared() -> None:
    value: list[Any] = []
    for _ in range(100_000):
        value = [value]
    assert copy_value(value) is value
    while value:  # freed step by step
        value = value.pop()


@pytest.mark.parametrize("keys", [None, ["a", "absent"]])
def test_a_context_is_copied_as_far_as_it_is_read(keys: Any) -> None:
    context = {"a": [1], "b": {"x": 1}}
    copied = copy_context(context, keys)
    assert copied == (context if keys is None else {"a": [1]})
    assert copied["a"] is not context["a"]


@pytest.mark.in_one_piece
def test_a_step_shares_with_the_context_what_cannot_be_copied() -> None:
    lock = threading.Lock()

    class Uses(Flow):
        @flow.step("use", retries=1)
        def use(self, tools):
            return {"same": tools["lock"] is lock, "list": tools["list"]}

    given = {"lock": lock, "list": [1]}
    result = Uses().run_sync({"tools": given})
    assert result["same"] is True
    assert result["list"] == [1]
    assert result["list"] is not given["list"]
