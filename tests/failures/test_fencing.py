"""What an attempt does after it was given up: nothing of it counts. Time is virtual."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any

import pytest
import stepping
from boom import Boom
from stepping import swallow

from stepkit import Flow, LogConfig, StepEvent, flow


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
