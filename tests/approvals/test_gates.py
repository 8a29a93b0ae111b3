"""A gate in a flow without a store: the run ends at it, and goes on behind it with a decision, never without one."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from approval_flow import Decision, Publish, waits, waits_again

from stepkit import Flow, StepEvent, deserialize_checkpoint, flow, serialize_checkpoint
from stepkit.errors import (
    ApprovalRequired,
    CheckpointStepError,
    DecisionError,
    ResumeDeadlineError,
    RunExpiredError,
)


def test_a_run_waits_at_a_gate_and_goes_on_with_the_decision() -> None:
    error = waits(Publish(), {"request": "x"}, run_id="r1")
    assert (error.flow, error.gate, error.run_id) == ("Publish", "manager-review", "r1")
    assert error.context == {"request": "x", "draft": "Draft of x"}
    assert error.expires_at is not None and abs(error.expires_at - datetime.now(UTC) - timedelta(days=7)) < timedelta(
        minutes=1
    )
    result = Publish().run_checkpoint_sync(error.checkpoint, decision={"approved_by": "ana"})
    assert result == {
        "request": "x",
        "draft": "Draft of x",
        "approved_by": "ana",
        "published": "Draft of x, approved by ana (-)",
    }


def test_the_same_in_an_event_loop() -> None:
    async def main() -> Any:
        with pytest.raises(ApprovalRequired) as waiting:
            await Publish().run({"request": "x"})
        with pytest.raises(ApprovalRequired) as again:
            await Publish().run_checkpoint(waiting.value.checkpoint)
        return await Publish().run_checkpoint(again.value.checkpoint, decision={"approved_by": "ana", "note": "good"})

    assert asyncio.run(main())["published"] == "Draft of x, approved by ana (good)"


def test_the_checkpoint_says_at_which_gate_and_reads_as_one_of_the_step_before() -> None:
    text = waits(Publish(), {"request": "x"}).checkpoint
    document = json.loads(text)
    assert list(document)[:2] == ["stepName", "output"]
    assert document["stepName"] == "draft"
    assert document["output"] == {"request": "x", "draft": "Draft of x"}
    assert (document["flow"]["at"], document["flow"]["state"]) == ("manager-review", "waiting")
    assert serialize_checkpoint(deserialize_checkpoint(text)) == text
    assert Publish.load(text) == document["output"]


def test_without_a_decision_it_waits_again_and_until_the_same_moment() -> None:
    first = waits(Publish(), {"request": "x"})
    again = waits_again(Publish(), first.checkpoint)
    assert again.checkpoint == first.checkpoint
    assert again.expires_at == first.expires_at


def test_override_data_stand_beside_a_decision_and_do_not_replace_one() -> None:
    text = waits(Publish(), {"request": "x"}).checkpoint
    forged = {"draft": "better", "approved_by": "nobody"}
    again = waits_again(Publish(), text, override_data=forged)
    assert again.context == {"request": "x", **forged}
    result = Publish().run_checkpoint_sync(text, override_data=forged, decision={"approved_by": "ana"})
    assert result["published"] == "better, approved by ana (-)"


@pytest.mark.parametrize(
    ("decision", "problem"),
    [
        ({}, '$ lacks the key "approved_by", which Decision requires'),
        ({"approved_by": 7}, "$.approved_by is int, expected str"),
        ({"approved_by": "ana", "note": None}, "$.note is NoneType, expected str"),
        ({"approved_bi": "ana"}, 'the key "approved_bi", which Decision does not have; did you mean "approved_by"?'),
        ({"approved_by": "ana", "draft": "mine"}, 'the key "draft", which Decision does not have'),
        ({"approved_by": "ana", 1: 2}, "the key int, which Decision does not have"),
        ("secret", "$ is str of 6 characters, expected Decision"),
        (True, "$ is bool, expected Decision"),
    ],
)
def test_a_decision_that_does_not_fit_is_refused_before_anything_runs(decision: object, problem: str) -> None:
    text = waits(Publish(), {"request": "x"}).checkpoint
    events: list[StepEvent] = []
    with pytest.raises(DecisionError) as refused:
        Publish().run_checkpoint_sync(text, decision=decision, on_step_start=events.append)  # type: ignore[arg-type]
    assert problem in str(refused.value)
    assert (refused.value.flow, refused.value.gate) == ("Publish", "manager-review")
    assert events == []
    assert isinstance(Publish.check(text, decision=decision), DecisionError)


def test_check_asks_with_and_without_a_decision() -> None:
    text = waits(Publish(), {"request": "x"}).checkpoint
    assert Publish.check(text) is None
    assert Publish.check(text, decision={"approved_by": "ana"}) is None
    start = Publish.start_checkpoint({"request": "x"})
    assert isinstance(Publish.check(start, decision={"approved_by": "ana"}), CheckpointStepError)
    assert waits_again(Publish(), start).gate == "manager-review"


def test_a_decision_for_a_checkpoint_that_waits_at_no_gate_is_an_error() -> None:
    texts: list[str] = []
    text = waits(Publish(), {"request": "x"}, on_step_complete=lambda event: texts.append(event.checkpoint)).checkpoint
    with pytest.raises(CheckpointStepError, match="waits at no gate"):
        Publish().run_checkpoint_sync(texts[0], decision={"approved_by": "ana"})
    Publish().run_checkpoint_sync(
        text, decision={"approved_by": "ana"}, on_step_complete=lambda event: texts.append(event.checkpoint)
    )
    with pytest.raises(CheckpointStepError, match="waits at no gate"):
        Publish().run_checkpoint_sync(texts[-1], decision={"approved_by": "ana"})
    bare = json.dumps({"stepName": "draft", "output": {"draft": "d"}})
    with pytest.raises(CheckpointStepError, match="waits at no gate"):
        Publish().run_checkpoint_sync(bare, decision={"approved_by": "ana"})


def test_a_gate_that_is_passed_gives_its_events_as_other_steps_do() -> None:
    started: list[str] = []
    completed: list[StepEvent] = []
    text = waits(Publish(), {"request": "x"}, on_step_start=lambda each: started.append(each.step_name)).checkpoint
    assert started == ["draft", "manager-review"]
    Publish().run_checkpoint_sync(text, decision={"approved_by": "ana"}, on_step_complete=completed.append)
    assert [event.step_name for event in completed] == ["manager-review", "publish"]
    assert completed[0].context["approved_by"] == "ana"
    behind = Publish().run_checkpoint_sync(completed[0].checkpoint)
    assert behind["published"] == "Draft of x, approved by ana (-)"


# Where a gate stands.


class Inner(Flow):
    """Begins with its gate, so no step of it is before."""

    gate = flow.approval("gate", Decision)

    @flow.step("after")
    def after(self, approved_by: str):
        return {"by": approved_by}


class Routes(Flow):
    """Its route and its conditions answer otherwise when they are asked again."""

    def __init__(self, asked: list[str]) -> None:
        self.asked = asked

    @flow.branch("route", cases={"gated": Inner, "free": Publish})
    def route(self):
        self.asked.append("route")
        return "gated" if self.asked.count("route") == 1 else None

    inner = flow.subflow("inner", Inner, when=lambda go=True: go, retries=2)

    @flow.step("last")
    def last(self, by: str):
        return {"last": by}


def test_a_gate_at_the_beginning_of_a_case_or_a_nested_flow_is_the_run_s_place() -> None:
    asked: list[str] = []
    error = waits(Routes(asked))
    assert error.gate == "route/gated/gate"
    assert json.loads(error.checkpoint)["stepName"] == ""
    assert waits_again(Routes(asked), error.checkpoint).checkpoint == error.checkpoint
    second = waits_again(Routes(asked), error.checkpoint, decision={"approved_by": "ana"})
    assert second.gate == "inner/gate"
    assert second.context["by"] == "ana"
    third = waits_again(Routes(asked), second.checkpoint, override_data={"go": False})
    assert third.gate == "inner/gate"  # no condition around it is asked again
    result = Routes(asked).run_checkpoint_sync(second.checkpoint, decision={"approved_by": "bob"})
    assert result["last"] == "bob"
    assert asked == ["route"]


@pytest.mark.parametrize("on_error", ["continue", "skip-remaining", "instead"])
def test_no_policy_around_a_gate_takes_it_for_a_failure(on_error: Any) -> None:
    class Around(Flow):
        def instead(self, error: Exception):
            return {"by": "nobody"}

        inner = flow.subflow("inner", Inner, on_error=on_error, retries=3, timeout=60)

    error = waits(Around())
    assert error.gate == "inner/gate"
    assert Around().run_checkpoint_sync(error.checkpoint, decision={"approved_by": "ana"})["by"] == "ana"


@pytest.mark.parametrize("on_error", ["continue", "skip-remaining", "instead"])
def test_no_policy_goes_on_where_a_step_runs_a_flow_that_waits(on_error: Any) -> None:
    runs: list[int] = []

    class Around(Flow):
        def instead(self, error: Exception):
            return {"by": "nobody"}

        @flow.step("calls", on_error=on_error, retries=3)
        def calls(self):
            runs.append(1)
            return Inner().run_sync({})

        @flow.step("next")
        def next(self):
            runs.append(2)

    assert waits(Around()).flow == "Inner"
    assert runs == [1]


def test_a_retried_container_keeps_the_decision_that_was_made_in_it() -> None:
    tries: list[str] = []

    class Fails(Flow):
        gate = flow.approval("gate", Decision)

        @flow.step("send")
        def send(self, approved_by: str):
            tries.append(approved_by)
            if len(tries) < 3:
                raise ConnectionError
            return {"sent": approved_by}

    class Around(Flow):
        inner = flow.subflow("inner", Fails, retries=2, timeout=60)

    text = waits(Around()).checkpoint
    assert Around().run_checkpoint_sync(text, decision={"approved_by": "ana"})["sent"] == "ana"
    assert tries == ["ana", "ana", "ana"]


def test_gates_in_a_row_are_decided_one_by_one() -> None:
    class Two(Flow):
        first = flow.approval("first", Decision)
        second = flow.approval("second", Decision)

    one = waits(Two())
    two = waits_again(Two(), one.checkpoint, decision={"approved_by": "ana"})
    assert (one.gate, two.gate) == ("first", "second")
    assert two.context == {"approved_by": "ana"}
    assert Two().run_checkpoint_sync(two.checkpoint, decision={"approved_by": "bob"}) == {"approved_by": "bob"}


def test_a_gate_whose_condition_does_not_hold_is_passed_and_one_that_waits_is_not_asked_again() -> None:
    class Large(Flow):
        gate = flow.approval("gate", Decision, when=lambda amount: amount > 100)

        @flow.step("pay")
        def pay(self, amount: int, approved_by: str = "nobody"):
            return {"paid": f"{amount} by {approved_by}"}

    texts: list[str] = []
    assert Large().run_sync({"amount": 1}, on_step_complete=lambda event: texts.append(event.checkpoint))["paid"] == (
        "1 by nobody"
    )
    assert Large().run_checkpoint_sync(texts[0])["paid"] == "1 by nobody"
    text = waits(Large(), {"amount": 1000}).checkpoint
    waits_again(Large(), text, override_data={"amount": 1})
    assert Large().run_checkpoint_sync(text, decision={"approved_by": "ana"})["paid"] == "1000 by ana"


# Time.


def test_an_expired_gate_is_not_decided_and_does_not_wait_again() -> None:
    class Soon(Flow):
        gate = flow.approval("gate", Decision, expires=60)

    text = waits(Soon()).checkpoint
    document = json.loads(text)
    document["flow"]["expires"] -= 61
    for decision in ({"approved_by": "ana"}, None):
        with pytest.raises(RunExpiredError) as late:
            Soon().run_checkpoint_sync(json.dumps(document), decision=decision)
        assert late.value.gate == "gate"


def test_waiting_counts_towards_the_deadline_of_the_run() -> None:
    error = waits(Publish(), {"request": "x"}, deadline=60)
    document = json.loads(error.checkpoint)
    document["flow"]["deadline"] -= 61
    late = json.dumps(document)
    with pytest.raises(ResumeDeadlineError):
        Publish().run_checkpoint_sync(late, decision={"approved_by": "ana"})
    assert Publish().run_checkpoint_sync(late, decision={"approved_by": "ana"}, deadline=60)["approved_by"] == "ana"
