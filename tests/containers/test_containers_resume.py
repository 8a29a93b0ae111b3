"""Nested flows and branches that stop, fail, or are resumed inside."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from typing import Any

import container_flows
import pytest
from container_flows import (
    EFFECTS,
    Billing,
    GivesUp,
    LoadSession,
    Nested,
    NestedTransform,
    Retried,
    Routed,
    SkipsRemaining,
    Survived,
    did,
    merging,
)

from stepkit import Flow, flow
from stepkit.errors import (
    CheckpointFlowError,
    CheckpointKeyError,
    CheckpointStepError,
)
from stepkit.testing import run_suspended_sync

Runner = Callable[..., dict[str, Any]]


@pytest.fixture(autouse=True)
def no_effects() -> None:
    EFFECTS.clear()


@pytest.fixture(params=["in one go", "suspended"])
def run(request: pytest.FixtureRequest) -> Runner:
    """Runs a flow: in one go, or stopped and resumed after every step."""
    if request.param == "suspended":
        return run_suspended_sync
    return lambda flow_class, input=None: flow_class().run_sync(input)


def events(flow_class: Any, input: Any = None) -> tuple[list[str], dict[str, str]]:
    """The names of the completed steps in order, and the checkpoint of each."""
    names: list[str] = []
    texts: dict[str, str] = {}

    def note(event: Any) -> None:
        names.append(event.step_name)
        texts[event.step_name] = event.checkpoint

    flow_class().run_sync(input, on_step_complete=note)
    return names, texts


def stop_at(path: str) -> Callable[[Any], None]:
    return lambda event: event.stop_pipeline() if event.step_name == path else None


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


# The steps before a checkpoint, inside containers.


def versions(*names: str, inside: type[Flow[Any]] | None = None) -> type[Flow[Any]]:
    """A flow whose nested flow has steps of these names."""

    def step(name: str) -> Any:
        return flow.step(name)(lambda self: {name: 1})

    inner = type("Inner", (Flow,), {f"s{place}": step(name) for place, name in enumerate(names)})

    class Outer(Flow, name="Versioned"):
        part = flow.subflow("part", inside or inner)

        @flow.step("end")
        def end(self) -> None:
            did("end")

    return Outer


@pytest.mark.parametrize("taken_at", ["part/two", "part", "end"])
def test_a_step_that_was_inserted_inside_a_container_is_found(taken_at: str) -> None:
    _, texts = events(versions("one", "two", "three"))
    EFFECTS.clear()
    with pytest.raises(CheckpointFlowError, match=r'as step 2 the flow now has "part/new", the run had "part/two"'):
        versions("one", "new", "two", "three")().run_checkpoint_sync(texts[taken_at])
    assert [] == EFFECTS


def test_a_step_that_was_added_after_the_checkpoint_inside_a_container_runs() -> None:
    _, texts = events(versions("one", "two"))
    assert {"one": 1, "two": 1, "three": 1} == versions("one", "two", "three")().run_checkpoint_sync(texts["part/one"])


def test_a_plain_step_that_now_holds_others_is_refused() -> None:
    class Before(Flow, name="Versioned"):
        @flow.step("part")
        def part(self) -> None: ...

        @flow.step("end")
        def end(self) -> None: ...

    _, texts = events(Before)
    with pytest.raises(CheckpointFlowError, match=r'"part" now holds other steps, but had run as a plain step'):
        versions("one")().run_checkpoint_sync(texts["part"])


def test_a_run_that_was_resumed_from_a_bare_checkpoint_is_resumable_itself() -> None:
    class Three(Flow):
        load = flow.subflow("load", LoadSession)

        @flow.step("middle")
        def middle(self) -> dict[str, Any]:
            return {"middle": 1}

        @flow.step("end")
        def end(self) -> dict[str, Any]:
            return {"end": 1}

    texts: list[str] = []
    bare = '{"stepName":"load","output":{"n":1}}'
    expected = Three().run_checkpoint_sync(bare, on_step_complete=lambda event: texts.append(event.checkpoint))
    assert {"n": 1, "middle": 1, "end": 1} == expected
    assert [expected, expected] == [Three().run_checkpoint_sync(text) for text in texts]


@pytest.mark.parametrize(
    ("path", "problem"),
    [
        ("load-session/nowhere", 'the flow inside "load-session" has no step "nowhere"'),
        ("load-session/fetch/more", '"load-session/fetch" is a plain step, which holds no other steps'),
        ("before/fetch", '"before" is a plain step, which holds no other steps'),
    ],
)
def test_a_path_that_leads_nowhere_is_refused(path: str, problem: str) -> None:
    document = json.loads(events(Nested, {"n": 1})[1]["load-session/fetch"])
    document["stepName"] = path
    EFFECTS.clear()
    with pytest.raises(CheckpointStepError, match=problem):
        Nested().run_checkpoint_sync(json.dumps(document))
    assert [] == EFFECTS


def test_a_path_to_a_case_is_refused() -> None:
    document = json.loads(events(Routed, {"n": 1})[1]["route/odd/odd-step"])
    document["stepName"] = "route/odd"
    with pytest.raises(CheckpointStepError, match=r'"route/odd" is a case of a branch, not a step'):
        Routed().run_checkpoint_sync(json.dumps(document))


# Classes that only a nested flow names; logs; inheritance.


def test_an_object_of_a_class_that_only_the_nested_flow_names_comes_back(run: Runner) -> None:
    expected = container_flows.Invoice(5, [("a", 1), ("b", 2)])
    assert {"n": 5, "invoice": expected, "lines": 2} == run(Billing, {"n": 5})


def logged(flow_class: Any, caplog: pytest.LogCaptureFixture, input: Any, checkpoint: str | None = None) -> list[str]:
    caplog.clear()
    with caplog.at_level(logging.INFO, logger="stepkit"):
        if checkpoint is None:
            flow_class().run_sync(input, log=True)
        else:
            flow_class().run_checkpoint_sync(checkpoint, log=True)
    return [
        record.getMessage() for record in caplog.records if "tep" in record.getMessage() or "/" in record.getMessage()
    ]


def test_log_lines_name_the_paths(caplog: pytest.LogCaptureFixture) -> None:
    text = "\n".join(logged(Nested, caplog, {"n": 1}))
    places = [text.index(path) for path in ("before", "load-session/fetch", "load-session/enrich", "after")]
    assert sorted(places) == places


def test_a_resumed_runs_log_tells_what_is_skipped_inside_too(caplog: pytest.LogCaptureFixture) -> None:
    _, texts = events(Nested, {"n": 1})
    lines = logged(Nested, caplog, None, texts["load-session/fetch"])
    skipped = [line for line in lines if "resume-skip" in line]
    assert 2 == len(skipped)
    assert "before" in skipped[0]
    assert "load-session/fetch" in skipped[1]


def test_a_subclass_may_replace_a_step_of_a_flow_that_is_nested_elsewhere(run: Runner) -> None:
    class Session(LoadSession):
        @flow.step("enrich")
        def enrich(self, session: dict[str, Any]) -> dict[str, Any]:
            return {"user": "nobody"}

    class Outer(Nested):
        load = flow.subflow("load-session", Session)

    assert {"n": 2, "session": {"id": 2}, "user": "nobody", "summary": "nobody 2"} == run(Outer, {"n": 1})


def test_renamed_containers_and_steps_inside_stay_resumable_by_their_aliases() -> None:
    class OldSession(Flow):
        one = flow.step("one")(lambda self: {"one": 1})
        two = flow.step("two")(lambda self: {"two": 2})
        three = flow.step("three")(lambda self: {"three": 3})

    class Old(Flow, name="Renamed"):
        part = flow.subflow("part", OldSession)
        end = flow.step("end")(lambda self, three: {"end": three})

    class NewSession(Flow):
        one = flow.step("first", aliases=["one"])(lambda self: {"one": 1})
        two = flow.step("second", aliases=["two"])(lambda self: {"two": 2})
        three = flow.step("third", aliases=["three"])(lambda self: {"three": 3})

    class New(Flow, name="Renamed"):
        part = flow.subflow("piece", NewSession, aliases=["part"])
        end = flow.step("finish", aliases=["end"])(lambda self, three: {"end": three})

    _, texts = events(Old)
    expected = Old().run_sync()
    later: list[str] = []
    for text in texts.values():
        result = New().run_checkpoint_sync(text, on_step_complete=lambda event: later.append(event.checkpoint))
        assert expected == result
    assert 4 + 3 + 2 + 1 == len(later)
    assert [expected] * len(later) == [New().run_checkpoint_sync(each) for each in later]
