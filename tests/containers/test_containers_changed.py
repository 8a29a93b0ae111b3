"""Nested flows and branches that were changed since the checkpoint; logs and aliases of what is inside."""

from __future__ import annotations

import json
import logging
from typing import Any

import container_flows
import pytest
from container_flows import (
    EFFECTS,
    Billing,
    LoadSession,
    Nested,
    Routed,
    did,
)
from container_runs import Runner, events

from stepkit import Flow, flow
from stepkit.errors import (
    CheckpointFlowError,
    CheckpointStepError,
)

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
