"""Nested flows and branches that stop, fail, or are resumed inside."""

from __future__ import annotations

import json
from typing import Any

import pytest
from container_flows import (
    EFFECTS,
    GivesUp,
    Nested,
    NestedTransform,
    Retried,
    SkipsRemaining,
    Survived,
    did,
    merging,
)
from container_runs import Runner, events, stop_at

from stepkit import Flow, flow
from stepkit.errors import (
    CheckpointKeyError,
)

# Stops.


def test_a_container_that_was_stopped_inside_is_not_complete() -> None:
    class Gate(Flow):
        @flow.step("prepare")
        def prepare(self) -> dict[str, Any]:
            did("prepare")
            return {"prepared": True}

        @flow.step("gate")
        def gate(self) -> dict[str, Any]:
            did("gate")
            return {"passed": True}

    class Publish(Flow):
        review = flow.subflow("review", Gate)

        @flow.step("publish")
        def publish(self, passed: bool) -> dict[str, Any]:
            did("publish")
            return {"published": passed}

    texts: list[str] = []

    def stop(event: Any) -> None:
        texts.append(event.checkpoint)
        event.stop_pipeline()

    assert {"prepared": True} == Publish().run_sync(on_step_complete=stop)
    assert ["prepare"] == EFFECTS
    assert ["review/prepare"] == [json.loads(text)["stepName"] for text in texts]
    assert {"prepared": True, "passed": True, "published": True} == Publish().run_checkpoint_sync(texts[0])
    assert ["prepare", "gate", "publish"] == EFFECTS


def test_a_stop_inside_returns_the_inner_context_as_of_the_step() -> None:
    stopped = NestedTransform().run_sync({"a": 1, "b": 2}, on_step_complete=stop_at("reshape/only-total"))
    assert {"total": 3} == stopped


def test_a_stop_at_a_containers_own_event_comes_after_it_is_complete() -> None:
    texts: list[str] = []

    def stop(event: Any) -> None:
        if event.step_name == "load-session":
            texts.append(event.checkpoint)
            event.stop_pipeline()

    Nested().run_sync({"n": 1}, on_step_complete=stop)
    EFFECTS.clear()
    Nested().run_checkpoint_sync(texts[0])
    assert ["after"] == EFFECTS


# Failures.


def test_skip_remaining_inside_a_container_ends_the_whole_run(run: Runner) -> None:
    assert {"first": 1} == run(SkipsRemaining)  # what was done so far is merged outward
    assert ["first", "quit"] == EFFECTS


def test_skip_remaining_inside_leaves_no_container_complete() -> None:
    names, texts = events(SkipsRemaining)
    assert ["part/first"] == names
    EFFECTS.clear()
    assert {"first": 1} == SkipsRemaining().run_checkpoint_sync(texts["part/first"])
    assert ["quit"] == EFFECTS


def test_what_a_skipped_inside_has_done_is_merged_by_the_containers_policy(run: Runner) -> None:
    class Outer(Flow):
        part = flow.subflow("part", GivesUp, merge="skip")

    assert {"first": "mine"} == run(Outer, {"first": "mine"})


def test_a_container_that_failed_and_was_survived_has_changed_nothing(run: Runner) -> None:
    assert {"half was": 0} == run(Survived)
    assert ["half", "boom", "go-on"] == EFFECTS


def test_a_container_that_failed_gives_no_event_and_is_told_with_the_step_inside() -> None:
    told: list[str] = []
    names: list[str] = []
    Survived().run_sync(
        on_step_complete=lambda event: names.append(event.step_name),
        on_step_error=lambda path, error: told.append(path),
    )
    assert ["broken/half", "go-on"] == names
    assert ["broken/boom", "broken"] == told


def test_resume_inside_a_container_that_fails_fails_it_again() -> None:
    _, texts = events(Survived)
    EFFECTS.clear()
    assert {"half was": 0} == Survived().run_checkpoint_sync(texts["broken/half"])
    assert ["boom", "go-on"] == EFFECTS


def test_a_retried_container_goes_on_after_its_last_completed_step(run: Runner) -> None:
    assert {"steady": 1, "flaky": 1, "done": 2} == run(Retried)
    assert ["steady", "flaky", "flaky", "flaky", "done"] == EFFECTS


def test_a_resumed_container_has_the_attempts_that_were_left_to_it() -> None:
    calls: list[str] = []

    class Work(Flow):
        @flow.step("fails-once")
        def fails_once(self) -> None:
            calls.append("fails-once")
            if calls.count("fails-once") == 1:
                raise ConnectionError("once")

        @flow.step("fails-always")
        def fails_always(self) -> None:
            calls.append("fails-always")
            raise ConnectionError("always")

    class Outer(Flow):
        work = flow.subflow("work", Work, retries=2)

    texts: list[str] = []
    with pytest.raises(ConnectionError, match="always"):
        Outer().run_sync(on_step_complete=lambda event: texts.append(event.checkpoint))
    assert ["fails-once", "fails-once", "fails-always", "fails-always"] == calls
    assert 2 == json.loads(texts[0])["flow"]["frames"][0]["attempt"]
    calls[:] = calls[:2]
    with pytest.raises(ConnectionError, match="always"):
        Outer().run_checkpoint_sync(texts[0])
    assert ["fails-once", "fails-once", "fails-always", "fails-always"] == calls


# Overrides.


def test_override_data_is_seen_inside_and_around_the_open_containers() -> None:
    _, texts = events(Nested, {"n": 1})
    result = Nested().run_checkpoint_sync(texts["load-session/fetch"], override_data={"n": 50})
    assert (50, "('ana', 2) 50") == (result["n"], result["summary"])


def test_an_override_of_a_key_that_the_inside_wrote_flows_out_by_the_containers_policy() -> None:
    texts = {policy: events(merging(policy), {"a": "outer"})[1] for policy in ("override", "skip")}
    override = {"a": "given", "new": 2}
    assert {"a": "given", "new": 2, "read": ("given", 2)} == merging("override")().run_checkpoint_sync(
        texts["override"]["inner/replace"], override_data=override
    )
    assert {"a": "outer", "new": 2, "read": ("given", 2)} == merging("skip")().run_checkpoint_sync(
        texts["skip"]["inner/replace"], override_data=override
    )


def test_an_override_inside_a_container_does_not_make_it_collide() -> None:
    class New(Flow):
        @flow.step("x")
        def x(self) -> dict[str, Any]:
            return {"x": 1}

        @flow.step("y")
        def y(self, x: int) -> dict[str, Any]:
            return {"y": x}

    class Outer(Flow):
        new = flow.subflow("new", New, merge="error")

    _, texts = events(Outer)
    assert {"x": 7, "y": 7} == Outer().run_checkpoint_sync(texts["new/x"], override_data={"x": 7})


def test_a_key_that_a_step_inside_requires_may_come_from_the_override() -> None:
    class Inner(Flow):
        @flow.transform("drop")
        def drop(self) -> dict[str, Any]:
            return {}

        @flow.step("need")
        def need(self, a: int) -> dict[str, Any]:
            return {"b": a}

    class Outer(Flow):
        inner = flow.subflow("inner", Inner, on_error="continue")
        certain = flow.subflow("certain", Inner)

    names: list[str] = []
    texts: list[str] = []

    def note(event: Any) -> None:
        names.append(event.step_name)
        texts.append(event.checkpoint)

    with pytest.raises(KeyError):
        Outer().run_sync({"a": 1}, on_step_complete=note)
    assert ["inner/drop", "certain/drop"] == names
    with pytest.raises(CheckpointKeyError, match=r'step "certain/need" reads "a", which the checkpoint does not have'):
        Outer().run_checkpoint_sync(texts[1])
    assert {"a": 5, "b": 5} == Outer().run_checkpoint_sync(texts[1], override_data={"a": 5})


def test_a_missing_key_inside_a_container_that_survives_it_is_not_refused() -> None:
    class Inner(Flow):
        @flow.transform("drop")
        def drop(self) -> dict[str, Any]:
            return {}

        @flow.step("need")
        def need(self, a: int) -> dict[str, Any]:
            return {"b": a}

    class Outer(Flow):
        inner = flow.subflow("inner", Inner, on_error="continue")

    _, texts = events(Outer, {"a": 1})
    assert {"a": 1} == Outer().run_sync({"a": 1}) == Outer().run_checkpoint_sync(texts["inner/drop"])


def test_a_missing_key_behind_a_step_that_may_end_the_run_is_not_refused() -> None:
    class Ends(Flow):
        @flow.step("first")
        def first(self) -> None: ...

        @flow.step("ends", on_error="skip-remaining")
        def ends(self) -> None:
            raise ValueError

        @flow.step("need")
        def need(self, missing: int) -> None: ...

    _, texts = events(Ends)
    assert {} == Ends().run_sync() == Ends().run_checkpoint_sync(texts["first"])
