"""``stepkit.testing`` for flows that stop themselves: resumed from there, with the decisions that a test gives."""

from __future__ import annotations

import asyncio
from typing import Any, TypedDict

import pytest

from stepkit import Flow, StepEvent, flow
from stepkit.errors import ApprovalRequired, CheckpointKeyError
from stepkit.testing import assert_resumable, assert_resumable_sync, run_suspended, run_suspended_sync


class Policy(Flow):
    @flow.step("draft")
    def draft(self) -> dict[str, Any]:
        return {"text": "draft"}

    @flow.step("review")
    def review(self, text: str) -> dict[str, Any]:
        return {"text": f"{text}, reviewed"}

    @flow.step("publish")
    def publish(self, text: str) -> dict[str, Any]:
        return {"published": text}

    def on_step_complete(self, event: StepEvent) -> None:
        if event.step_name in ("draft", "review"):
            event.stop_pipeline()


class Decided(Flow):
    """Its last step needs what a person decides, and another gate is in a nested flow."""

    policy = flow.subflow("policy", Policy)

    @flow.step("ask")
    def ask(self) -> dict[str, Any]:
        return {"asked": True}

    @flow.step("tell")
    def tell(self, published: str, approved_by: str) -> dict[str, Any]:
        return {"told": f"{published}: {approved_by}"}

    async def on_step_complete(self, event: StepEvent) -> None:
        if event.step_name == "ask":
            event.stop_pipeline()


class GateInAGroup(Flow):
    group = flow.parallel("group")
    policy = group.subflow(Policy)


DECISIONS = {"ask": {"approved_by": "ana"}, "policy/draft": {"text": "better"}}
TOLD = "better, reviewed: ana"


def test_a_flow_that_stops_itself_is_resumed_to_its_end() -> None:
    expected = {"text": "draft, reviewed", "published": "draft, reviewed"}
    assert expected == assert_resumable_sync(Policy)
    assert expected == asyncio.run(assert_resumable(Policy))


def test_what_is_decided_at_a_step_comes_from_the_test() -> None:
    assert assert_resumable_sync(Decided, override_data=DECISIONS)["told"] == TOLD
    assert asyncio.run(assert_resumable(Decided, override_data=DECISIONS))["told"] == TOLD
    assert run_suspended_sync(Decided, override_data=DECISIONS)["told"] == TOLD
    assert asyncio.run(run_suspended(Decided, override_data=DECISIONS))["told"] == TOLD


def test_without_the_decision_the_resume_is_refused() -> None:
    with pytest.raises(CheckpointKeyError, match="approved_by"):
        assert_resumable_sync(Decided)


def test_a_decision_for_a_step_at_which_nothing_stops_is_a_mistake_of_the_test() -> None:
    with pytest.raises(ValueError, match=r"override_data names 'publish'; the flow stops itself at 'draft', 'review'"):
        assert_resumable_sync(Policy, override_data={"publish": {"text": ""}})


def test_a_flow_that_never_gets_past_its_gate_is_told() -> None:
    class Again(Flow):
        stops = flow.subflow("stops", Policy)

    assert_resumable_sync(Again)
    with pytest.raises(AssertionError, match=r'resumed from the checkpoint of "", the flow stops itself there again'):
        assert_resumable_sync(GateInAGroup)


def test_what_differs_behind_a_gate_is_found() -> None:
    class Forgets(Policy):
        def __init__(self) -> None:
            self.seen = 0

        @flow.step("draft")
        def draft(self) -> dict[str, Any]:
            self.seen += 1
            return {"text": "draft"}

        @flow.step("count")
        def count(self) -> dict[str, Any]:
            return {"count": self.seen}

    maker: Any = Forgets()  # one instance, so each further run of the first step counts
    with pytest.raises(AssertionError, match=r"\$\.count: expected 1, got 2"):
        assert_resumable_sync(maker)


class Yes(TypedDict):
    by: str


class Inside(Flow):
    first = flow.approval("first", Yes)

    @flow.step("note")
    def note(self, by: str) -> dict[str, Any]:
        return {"first_by": by}


class TwoGates(Flow):
    @flow.step("draft")
    def draft(self) -> dict[str, Any]:
        return {"text": "draft"}

    inside = flow.subflow("inside", Inside)
    second = flow.approval("second", Yes)

    @flow.step("publish")
    def publish(self, text: str, by: str, first_by: str) -> dict[str, Any]:
        return {"published": f"{text}: {first_by}, {by}"}


BOTH = {"inside/first": {"by": "ana"}, "second": {"by": "bob"}}


def test_a_flow_with_gates_is_resumed_with_the_decisions_that_a_test_gives() -> None:
    assert assert_resumable_sync(TwoGates, decisions=BOTH)["published"] == "draft: ana, bob"
    assert asyncio.run(assert_resumable(TwoGates, decisions=BOTH))["published"] == "draft: ana, bob"
    assert run_suspended_sync(TwoGates, decisions=BOTH)["published"] == "draft: ana, bob"
    assert asyncio.run(run_suspended(TwoGates, decisions=BOTH))["published"] == "draft: ana, bob"


def test_no_gate_is_passed_without_a_decision() -> None:
    for decisions in ({}, {"second": {"by": "bob"}}, {"first": {"by": "ana"}}):
        with pytest.raises(ApprovalRequired) as waiting:
            assert_resumable_sync(TwoGates, decisions=decisions)
        assert waiting.value.gate == "inside/first"
    with pytest.raises(ApprovalRequired) as second:
        run_suspended_sync(TwoGates, override_data={"draft": {"by": "me"}}, decisions={"inside/first": {"by": "ana"}})
    assert second.value.gate == "second"
