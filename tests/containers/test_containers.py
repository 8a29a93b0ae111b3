"""Nested flows and branches: paths, events, merging, where they come from."""

from __future__ import annotations

import logging
from typing import Any

import container_flows
import pytest
from container_flows import (
    EFFECTS,
    Nested,
    NestedTransform,
    Odd,
    Routed,
    did,
    merging,
)
from container_runs import Runner, events

from stepkit import Flow, flow
from stepkit.errors import (
    CheckpointStepError,
    ContextCollisionError,
    FlowDefinitionError,
    UnknownCaseError,
)

# Paths and events.


def test_a_nested_flows_steps_come_before_it_under_its_name() -> None:
    names, _ = events(Nested, {"n": 1})
    assert ["before", "load-session/fetch", "load-session/enrich", "load-session", "after"] == names


def test_a_branchs_steps_are_under_its_name_and_the_cases() -> None:
    assert ["route/odd/odd-step", "route/odd/odd-end", "route", "end"] == events(Routed, {"n": 1})[0]
    assert ["route/even/even-step", "route", "end"] == events(Routed, {"n": 2})[0]


def test_a_branch_without_a_case_is_a_completed_step() -> None:
    assert ["route", "end"] == events(Routed, {"n": 0})[0]


def test_a_skipped_container_gives_no_event() -> None:
    assert ["end"] == events(Routed, {"n": 11})[0]


def test_deep_paths() -> None:
    names, _ = events(container_flows.Deep, {"n": 1})
    assert "middle/pick/deep/inner/load-session/fetch" in names
    assert ["middle/pick/deep/tail", "middle/pick", "middle/middle-end", "middle", "last"] == names[-5:]


def test_an_inner_event_shows_the_inner_context_and_the_containers_the_outer() -> None:
    seen: dict[str, dict[str, Any]] = {}
    NestedTransform().run_sync(
        {"a": 1, "b": 2}, on_step_complete=lambda event: seen.__setitem__(event.step_name, event.context)
    )
    assert {"total": 3} == seen["reshape/only-total"]
    assert {"a": 1, "b": 2, "total": 6} == seen["reshape"]


# Merging.


def test_a_nested_transform_keeps_the_keys_of_the_flow_around_it(run: Runner) -> None:
    assert {"a": 1, "b": 2, "total": 6, "keys": ["a", "b", "total"]} == run(NestedTransform, {"a": 1, "b": 2})


@pytest.mark.parametrize(
    ("policy", "a"), [("override", "inner"), ("warn", "inner"), ("skip", "outer")], ids=["override", "warn", "skip"]
)
def test_what_the_inside_has_changed_is_merged_by_the_containers_policy(run: Runner, policy: str, a: str) -> None:
    assert {"a": a, "new": 1, "read": ("inner", 1)} == run(merging(policy), {"a": "outer"})


def test_a_containers_collision_names_container_and_key(run: Runner) -> None:
    with pytest.raises(ContextCollisionError) as caught:
        run(merging("error"), {"a": "outer"})
    assert ("inner", "a") == (caught.value.step, caught.value.key)


def test_a_container_with_new_keys_only_does_not_collide(run: Runner) -> None:
    class New(Flow):
        @flow.step("x")
        def x(self) -> dict[str, Any]:
            return {"x": 1}

        @flow.step("x-again")
        def x_again(self, x: int) -> dict[str, Any]:
            return {"x": x + 1}

    class Outer(Flow):
        new = flow.subflow("new", New, merge="error")

    assert {"a": 1, "x": 2} == run(Outer, {"a": 1})


def test_a_replaced_key_is_told_under_warn(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, logger="stepkit"):
        merging("warn")().run_sync({"a": "outer"})
    assert ["flow Outer: inner: the key 'a' was there before and is replaced"] == caplog.messages


def test_a_collision_on_leaving_a_container_can_be_survived(run: Runner) -> None:
    class Inner(Flow):
        @flow.step("new")
        def new(self) -> dict[str, Any]:
            return {"new": 1, "a": 2}

    class Outer(Flow):
        inner = flow.subflow("inner", Inner, merge="error", on_error="continue")

        @flow.step("see")
        def see(self, ctx: Any, /) -> dict[str, Any]:
            return {"saw": sorted(ctx)}

    assert {"a": 1, "saw": ["a"]} == run(Outer, {"a": 1})


# Branches.


def test_resume_inside_a_case_asks_neither_the_route_nor_the_condition_again() -> None:
    _, texts = events(Routed, {"n": 9})
    EFFECTS.clear()
    # The case has made n 10: now the condition says no, and the route says even.
    assert {"n": 10, "kind": "odd", "odd": 10, "end": "odd 10"} == Routed().run_checkpoint_sync(
        texts["route/odd/odd-step"]
    )
    assert ["odd-end", "end"] == EFFECTS


@pytest.mark.parametrize("chosen", ["odds", 3, "", True])
def test_a_route_that_names_no_case(chosen: Any) -> None:
    class Lost(Flow):
        @flow.branch("route", cases={"odd": Odd})
        def route(self) -> Any:
            return chosen

    with pytest.raises(UnknownCaseError) as caught:
        Lost().run_sync()
    assert ("route", chosen, ("odd",)) == (caught.value.step, caught.value.case, caught.value.cases)
    if chosen == "odds":
        assert 'its cases are "odd"; did you mean "odd"? Return the name' in str(caught.value)


def test_a_checkpoint_of_a_case_that_is_gone_is_refused() -> None:
    class Before(Flow, name="Picks"):
        @flow.branch("route", cases={"odd": Odd})
        def route(self) -> Any:
            return "odd"

    class After(Flow, name="Picks"):
        @flow.branch("route", cases={"uneven": Odd})
        def route(self) -> Any:
            return "uneven"

    _, texts = events(Before, {"n": 1})
    with pytest.raises(CheckpointStepError, match=r'the branch "route" has no case "odd"; .*its cases are "uneven"'):
        After().run_checkpoint_sync(texts["route/odd/odd-step"])


# Where a nested flow comes from.


def test_a_nested_flow_is_a_class_an_instance_or_made_from_self(run: Runner) -> None:
    class Greets(Flow):
        def __init__(self, greeting: str = "hello") -> None:
            self.greeting = greeting

        @flow.step("greet")
        def greet(self, n: int) -> dict[str, Any]:
            return {f"greeting {n}": self.greeting, "n": n + 1}

    class Outer(Flow):
        greeting = "from self"
        one = flow.subflow("class", Greets)
        two = flow.subflow("instance", Greets("good day"))
        three = flow.subflow("function", lambda self: Greets(self.greeting))

        @flow.branch("route", cases={"made": lambda self: Greets(self.greeting)})
        def route(self) -> Any:
            return "made"

    expected = {
        "n": 5,
        "greeting 1": "hello",
        "greeting 2": "good day",
        "greeting 3": "from self",
        "greeting 4": "from self",
    }
    assert expected == run(Outer, {"n": 1})


def test_a_function_that_makes_no_flow_is_told() -> None:
    class Outer(Flow):
        inner = flow.subflow("inner", lambda self: 7)

    with pytest.raises(FlowDefinitionError, match=r"inner: the function gave int; it returns an instance of a flow"):
        Outer().run_sync()


def test_a_flow_that_holds_itself_is_refused() -> None:
    class Endless(Flow):
        @flow.step("once")
        def once(self) -> None:
            did("once")

        again = flow.subflow("again", lambda self: Endless())

    with pytest.raises(FlowDefinitionError, match=r"again: .*Endless holds itself; a flow cannot be nested in itself"):
        Endless().run_sync()
    assert ["once"] == EFFECTS


def test_a_flow_that_holds_itself_by_way_of_another_is_refused() -> None:
    class Ping(Flow):
        pong = flow.subflow("pong", lambda self: Pong())

    class Pong(Flow):
        ping = flow.parallel("ping")
        inside = ping.subflow(lambda self: Ping(), name="inside")

    with pytest.raises(FlowDefinitionError, match=r"pong/ping/inside: .*Ping holds itself"):
        Ping().run_sync()
