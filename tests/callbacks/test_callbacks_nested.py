"""The callbacks that a nested flow has itself: called for its own steps, by its own names, before those around it."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from stepkit import Flow, StepEvent, flow
from stepkit.errors import EventLoopError

Told = list[tuple[str, str, dict[str, Any]]]


class Telling(Flow):
    """Notes who was told of which step, and with which context."""

    def __init__(self, told: Told, stops_at: str = "") -> None:
        self.told = told
        self.stops_at = stops_at

    def on_step_complete(self, event: StepEvent) -> None:
        self.told.append((type(self).__name__, event.step_name, event.context))
        if event.step_name == self.stops_at:
            event.stop_pipeline()

    def on_step_error(self, step_name: str, error: Exception) -> None:
        self.told.append((type(self).__name__, step_name, {"error": str(error)}))


class Letter(Telling):
    @flow.step("draft")
    def draft(self, body: str):
        return {"reply": f"Re: {body}"}

    @flow.step("sign")
    def sign(self, reply: str):
        return {"reply": f"{reply}!"}


class Load(Telling):
    letter = flow.subflow("letter", lambda self: Letter(self.told, self.stops_at))


class Page(Telling):
    load = flow.subflow("load", lambda self: Load(self.told, self.stops_at))

    @flow.step("publish")
    def publish(self, reply: str):
        return {"published": reply}


def test_own_callbacks_come_innermost_first_each_by_its_own_names() -> None:
    told: Told = []

    def argument(event: StepEvent) -> None:
        told.append(("argument", event.step_name, event.context))

    Page(told).run_sync({"body": "hi"}, on_step_complete=argument)
    assert [(who, step) for who, step, _ in told] == [
        ("Letter", "draft"),
        ("Load", "letter/draft"),
        ("Page", "load/letter/draft"),
        ("argument", "load/letter/draft"),
        ("Letter", "sign"),
        ("Load", "letter/sign"),
        ("Page", "load/letter/sign"),
        ("argument", "load/letter/sign"),
        ("Load", "letter"),
        ("Page", "load/letter"),
        ("argument", "load/letter"),
        ("Page", "load"),
        ("argument", "load"),
        ("Page", "publish"),
        ("argument", "publish"),
    ]
    assert told[0][2] == {"body": "hi", "reply": "Re: hi"}


@pytest.mark.in_one_piece
def test_a_stop_in_a_nested_flows_own_callback_stops_the_run() -> None:
    told: Told = []
    assert Page(told, stops_at="draft").run_sync({"body": "hi"}) == {"body": "hi", "reply": "Re: hi"}
    assert [(who, step) for who, step, _ in told] == [
        ("Letter", "draft"),
        ("Load", "letter/draft"),
        ("Page", "load/letter/draft"),
    ]


def test_the_checkpoint_of_a_nested_flows_event_is_the_whole_runs() -> None:
    saved: dict[str, str] = {}

    class Saving(Flow):
        @flow.step("draft")
        def draft(self, body: str):
            return {"reply": f"Re: {body}"}

        @flow.step("sign")
        def sign(self, reply: str):
            return {"reply": f"{reply}!"}

        def on_step_complete(self, event: StepEvent) -> None:
            saved[event.step_name] = event.checkpoint

    class Around(Flow):
        letter = flow.subflow("letter", Saving)

        @flow.step("publish")
        def publish(self, reply: str):
            return {"published": reply}

    whole = Around().run_sync({"body": "hi"})
    first = saved["draft"]
    saved.clear()
    assert Around().run_checkpoint_sync(first) == whole
    assert list(saved) == ["sign"]  # the callbacks of what is resumed are called as before


def test_branches_and_groups_call_the_callbacks_of_the_flows_inside_them() -> None:
    told: Told = []

    class Routed(Telling):
        @flow.branch("route", cases={"letter": lambda self: Letter(self.told)})
        def route(self, body: str):
            return "letter"

        both = flow.parallel("both")
        one = both.subflow(lambda self: Letter(self.told), name="one")

        @both.step("two")
        def two(self, body: str):
            return {"length": len(body)}

    Routed(told).run_sync({"body": "hi"})
    assert [step for who, step, _ in told if who == "Letter"] == ["draft", "sign", "draft", "sign"]
    of_routed = [step for who, step, _ in told if who == "Routed"]
    assert of_routed[:3] == ["route/letter/draft", "route/letter/sign", "route"]
    assert sorted(of_routed[3:-1]) == ["both/one", "both/one/draft", "both/one/sign", "both/two"]
    assert of_routed[-1] == "both"


def test_a_nested_flows_own_on_step_error_hears_of_its_own_failures_by_its_own_names() -> None:
    told: Told = []

    class Failing(Telling):
        @flow.step("fetch", retries=1)
        def fetch(self):
            raise ConnectionError("no answer")

    class Outer(Telling):
        failing = flow.subflow("failing", lambda self: Failing(self.told), on_error="continue")

    Outer(told).run_sync()
    assert [(who, step) for who, step, _ in told] == [
        ("Failing", "fetch"),
        ("Outer", "failing/fetch"),
        ("Failing", "fetch"),
        ("Outer", "failing/fetch"),
        ("Outer", "failing"),
    ]


def test_a_nested_flows_own_callback_that_fails_ends_the_run_whatever_the_policies_say() -> None:
    class Unsaved(Flow):
        @flow.step("draft")
        def draft(self):
            return {"reply": "r"}

        def on_step_complete(self, event: StepEvent) -> None:
            raise OSError("disk full")

    class Outer(Flow):
        inner = flow.subflow("inner", Unsaved, on_error="continue", retries=2)

    with pytest.raises(OSError, match="disk full"):
        Outer().run_sync()


class Gate(Flow):
    @flow.step("draft")
    def draft(self):
        return {"reply": "r"}

    async def on_step_complete(self, event: StepEvent) -> None:
        await asyncio.sleep(0)
        event.stop_pipeline()


class Gated(Flow):
    gate = flow.subflow("gate", Gate)

    @flow.step("send")
    def send(self, reply: str):
        return {"sent": reply}


@pytest.mark.in_one_piece
def test_an_async_callback_of_a_nested_flow_is_awaited() -> None:
    assert Gated().run_sync() == {"reply": "r"}
    assert asyncio.run(Gated().run()) == {"reply": "r"}


def test_a_sync_run_inside_a_running_loop_refuses_an_async_callback_of_a_nested_flow() -> None:
    async def inside() -> None:
        Gated().run_sync()

    with pytest.raises(EventLoopError, match="async callback"):
        asyncio.run(inside())


def test_an_event_that_is_kept_by_a_nested_flow_stays_as_it_was() -> None:
    kept: list[StepEvent] = []

    class Keeping(Flow):
        @flow.step("first")
        def first(self):
            return {"items": [1]}

        @flow.step("second")
        def second(self, items: list[int]):
            items.append(2)

        def on_step_complete(self, event: StepEvent) -> None:
            kept.append(event)

    class Outer(Flow):
        inner = flow.subflow("inner", Keeping)

    Outer().run_sync()
    assert [event.context for event in kept] == [{"items": [1]}, {"items": [1, 2]}]
    assert '"inner/first"' in kept[0].checkpoint


def test_a_nested_flow_s_own_callback_has_checkpoints_of_a_run_that_nobody_else_watches() -> None:
    texts: list[str] = []

    class Kept(Flow):
        @flow.step("a")
        def a(self, n: int):
            return {"n": n + 1}

        def on_step_complete(self, event: StepEvent) -> None:
            texts.append(event.checkpoint)

    class Quiet(Flow):
        @flow.step("quiet")
        def quiet(self, n: int):
            return {"n": n * 2}

    class Outer(Flow):
        @flow.step("first")
        def first(self, n: int):
            return {"n": n + 10}

        one = flow.subflow("one", Kept)
        both = flow.parallel("both")
        two = both.subflow(Kept)
        third = flow.subflow("third", Quiet)

        @flow.step("fourth")
        def fourth(self, n: int):
            return {"n": n + 100}

        group = flow.parallel("group")
        four = group.subflow(Kept)
        last = flow.subflow("last", Kept)

    result = Outer().run_sync({"n": 0})
    assert result == {"n": 126}
    assert len(texts) >= 4
    for text in tuple(texts):
        assert Outer().run_checkpoint_sync(text) == result
