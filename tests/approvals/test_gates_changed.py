"""Gates of a flow that was changed since the checkpoint, and checkpoints that were made by hand."""

from __future__ import annotations

import json
from typing import Any

import pytest
from approval_flow import Decision, Publish, waits, waits_again

from stepkit import Flow, flow
from stepkit.errors import (
    CheckpointFlowError,
    CheckpointFormatError,
    CheckpointStepError,
)


def checkpoint_at(kind: str) -> str:
    """A checkpoint of a flow Kind whose step "review" was done as another kind of step."""
    texts: list[str] = []

    class Empty(Flow):
        pass

    class Kind(Flow):
        @flow.step("draft")
        def draft(self):
            return {"draft": "d"}

        if kind == "step":

            @flow.step("review")
            def review(self):
                return {"approved_by": "nobody"}
        elif kind == "skipped":

            @flow.step("review", when=lambda draft: False)
            def review(self):
                return {"approved_by": "nobody"}
        elif kind == "survived":

            @flow.step("review", on_error="continue")
            def review(self):
                raise ValueError
        elif kind == "branch":

            @flow.branch("review", cases={"a": Empty})
            def review(self):
                return None
        else:
            review = flow.subflow("review", Empty)

        @flow.step("publish")
        def publish(self):
            return {"published": True}

    Kind().run_sync({}, on_step_complete=lambda event: texts.append(event.checkpoint))
    return texts[-1]


@pytest.mark.parametrize("kind", ["step", "skipped", "survived", "branch", "subflow"])
def test_what_was_done_as_another_kind_of_step_has_not_decided_a_gate(kind: str) -> None:
    class Kind(Flow):
        @flow.step("draft")
        def draft(self):
            return {"draft": "d"}

        review = flow.approval("review", Decision)

        @flow.step("publish")
        def publish(self):
            return {"published": True}

        @flow.step("tell")
        def tell(self):
            return {"told": True}

    with pytest.raises(CheckpointFlowError, match="approval|steps before"):
        Kind().run_checkpoint_sync(checkpoint_at(kind))


def renamed(**options: Any) -> type[Flow[Any, Any]]:
    class Renamed(Flow, name="Publish"):
        @flow.step("draft")
        def draft(self, request: str):
            return {"draft": f"Draft of {request}"}

        manager = flow.approval("boss", Decision, **options)

    return Renamed


def test_a_renamed_gate_is_found_by_its_alias_and_refused_without() -> None:
    error = waits(Publish(), {"request": "x"})
    known = renamed(aliases=["manager-review"])()
    again = waits_again(known, error.checkpoint)
    assert again.gate == "boss"
    assert known.run_checkpoint_sync(error.checkpoint, decision={"approved_by": "ana"})["approved_by"] == "ana"
    assert known.run_checkpoint_sync(again.checkpoint, decision={"approved_by": "ana"})["approved_by"] == "ana"
    with pytest.raises(CheckpointStepError, match='no step "manager-review"'):
        renamed()().run_checkpoint_sync(error.checkpoint, decision={"approved_by": "ana"})


def test_a_gate_that_became_a_step_is_not_passed() -> None:
    class Changed(Flow, name="Publish"):
        @flow.step("draft")
        def draft(self, request: str):
            return {"draft": f"Draft of {request}"}

        @flow.step("manager-review")
        def review(self):
            return {"approved_by": "nobody"}

    text = waits(Publish(), {"request": "x"}).checkpoint
    for decision in ({"approved_by": "ana"}, None):
        with pytest.raises(CheckpointFlowError, match='which is of the kind "step" now'):
            Changed().run_checkpoint_sync(text, decision=decision)


def test_a_checkpoint_without_its_field_flow_does_not_pass_a_gate() -> None:
    bare = json.dumps({"stepName": "manager-review", "output": {"draft": "d", "approved_by": "me"}})
    with pytest.raises(CheckpointStepError, match="does not show that the gate"):
        Publish().run_checkpoint_sync(bare)
    before = json.dumps({"stepName": "draft", "output": {"draft": "d"}})
    assert waits_again(Publish(), before).gate == "manager-review"

    class Outer(Flow):
        inner = flow.subflow("inner", Publish)

        @flow.step("last")
        def last(self):
            return None

    with pytest.raises(CheckpointStepError, match="inner/manager-review"):
        Outer().run_checkpoint_sync(json.dumps({"stepName": "inner", "output": {}}))


@pytest.mark.parametrize(
    "changes",
    [
        {"state": ""},
        {"state": "passed"},
        {"state": None},
        {"at": ""},
        {"at": 1},
        {"state": "started", "at": None},
        {"expires": "soon"},
        {"expires": -1},
    ],
)
def test_a_damaged_field_is_refused(changes: dict[str, Any]) -> None:
    document = json.loads(waits(Publish(), {"request": "x"}).checkpoint)
    document["flow"].update(changes)
    with pytest.raises(CheckpointFormatError):
        Publish().run_checkpoint_sync(json.dumps(document), decision={"approved_by": "ana"})


def test_a_step_that_was_put_before_the_gate_meanwhile_is_not_left_out() -> None:
    class Changed(Flow, name="Publish"):
        @flow.step("draft")
        def draft(self, request: str):
            return {"draft": f"Draft of {request}"}

        @flow.step("legal")
        def legal(self):
            return None

        manager = flow.approval("manager-review", Decision)

    text = waits(Publish(), {"request": "x"}).checkpoint
    with pytest.raises(CheckpointFlowError, match="legal"):
        Changed().run_checkpoint_sync(text, decision={"approved_by": "ana"})


def test_the_steps_behind_a_gate_may_read_what_its_decision_gives_for_certain() -> None:
    class Reads(Flow, name="Publish"):
        @flow.step("draft")
        def draft(self, request: str) -> dict[str, Any]:
            return {"draft": f"Draft of {request}"}

        manager = flow.approval("manager-review", Decision)

        @flow.step("publish")
        def publish(self, approved_by: str, nobody_gives: str):
            return {"published": approved_by}

    text = waits(Publish(), {"request": "x"}).checkpoint
    refused = Reads.check(text)
    assert refused is not None and '"nobody_gives"' in str(refused)
    assert Reads.check(text, {"nobody_gives": ""}) is None
