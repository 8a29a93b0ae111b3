"""``at_most_once=True``: the step is never begun a second time unless a person says so."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, TypedDict

import pytest

from stepkit import Flow, flow, runtime
from stepkit.errors import (
    ApprovalRequired,
    CheckpointFlowError,
    CheckpointKeyError,
    CheckpointStepError,
    DecisionError,
    FlowDefinitionError,
    RunExpiredError,
    StepInterruptedError,
    StepTimeoutError,
)
from stepkit.table import StepRow


class Decision(TypedDict):
    approved_by: str


class Records:
    """A journal in memory; the newest record is what a store would resume from."""

    def __init__(self) -> None:
        self.kept: list[tuple[str, str, str]] = []

    def step_starting(self, path: str, row: StepRow) -> None:
        self.kept.append(("starting", path, ""))

    def step_starting_once(self, path: str, checkpoint: str) -> None:
        self.kept.append(("started", path, checkpoint))

    def gate_reached(self, path: str, row: StepRow, checkpoint: str) -> None:
        self.kept.append(("waiting", path, checkpoint))

    def step_completed(self, path: str, take: Callable[[], str]) -> None:
        self.kept.append(("completed", path, take()))

    @property
    def newest(self) -> str:
        return [text for _, _, text in self.kept if text][-1]


class AsyncRecords(Records):
    async def step_starting_once(self, path: str, checkpoint: str) -> None:  # type: ignore[override]
        super().step_starting_once(path, checkpoint)

    async def gate_reached(self, path: str, row: StepRow, checkpoint: str) -> None:  # type: ignore[override]
        super().gate_reached(path, row, checkpoint)


class Died(BaseException):
    """The process died."""


class Pay(Flow):
    def __init__(self, calls: list[str], *, dies: bool = False) -> None:
        self.calls = calls
        self.dies = dies

    @flow.step("prepare")
    def prepare(self, amount: int):
        return {"amount": amount + 1}

    @flow.step("pay", at_most_once=True, when=lambda amount: amount > 1)
    def pay(self, amount: int):
        self.calls.append("pay")
        if self.dies:
            raise Died
        return {"receipt": f"r{amount}"}

    @flow.step("tell")
    def tell(self, receipt: str):
        return {"told": receipt}


class Nested(Flow):
    def __init__(self, calls: list[str], *, dies: bool = False) -> None:
        self.calls = calls
        self.dies = dies

    @flow.branch("route", cases={"paid": lambda self: Pay(self.calls, dies=self.dies)})
    def route(self):
        self.calls.append("route")
        return "paid"


def start(owner: Flow[Any, Any], journal: Records, input: dict[str, Any]) -> dict[str, Any]:
    run = runtime.new_run(owner)
    runtime.record(run, journal)
    return runtime.start_sync(run, input).unwrap()


def resume(
    owner: Flow[Any, Any], text: str, override_data: dict[str, Any] | None = None, journal: Any = None, **said: Any
) -> dict[str, Any]:
    run = runtime.new_run(owner)
    if journal is not None:
        runtime.record(run, journal)
    return runtime.resume_sync(run, text, override_data, None, runtime.Said(**said)).unwrap()


@pytest.fixture(params=[Records, AsyncRecords])
def journal(request: pytest.FixtureRequest) -> Records:
    made: Records = request.param()
    return made


@pytest.mark.parametrize("flow_class", [Pay, Nested])
def test_a_run_that_ended_inside_is_not_resumed_without_a_word(flow_class: Any, journal: Records) -> None:
    calls: list[str] = []
    with pytest.raises(Died):
        start(flow_class(calls, dies=True), journal, {"amount": 1})
    assert journal.kept[-1][0] == "started"
    assert journal.kept[-1][1].endswith("pay")
    before = list(calls)
    for override_data in ({}, {"amount": 0}, {"receipt": "forged"}):
        with pytest.raises(StepInterruptedError) as refused:
            resume(flow_class(calls), journal.newest, override_data)
        assert refused.value.step == journal.kept[-1][1]
    with pytest.raises(StepInterruptedError):
        flow_class(calls).run_checkpoint_sync(journal.newest)
    assert isinstance(flow_class(calls).check(journal.newest), StepInterruptedError)
    assert calls == before

    assert resume(flow_class(calls), journal.newest, interrupted="run-again")["told"] == "r2"
    assert calls == [*before, "pay"]  # no route and no condition was asked again
    done = resume(flow_class(calls), journal.newest, {"receipt": "by hand"}, interrupted="done")
    assert done["told"] == "by hand"
    assert calls == [*before, "pay"]


def test_what_is_said_to_be_done_has_to_give_what_later_steps_read(journal: Records) -> None:
    class Typed(Flow, name="Pay"):
        @flow.step("prepare")
        def prepare(self, amount: int):
            return {"amount": amount + 1}

        @flow.step("pay", at_most_once=True)
        def pay(self, amount: int):
            raise Died

        @flow.step("tell")
        def tell(self, receipt: str):
            return {"told": receipt}

    with pytest.raises(Died):
        start(Typed(), journal, {"amount": 1})
    with pytest.raises(CheckpointKeyError, match="receipt"):
        resume(Typed(), journal.newest, interrupted="done")


def test_the_start_is_recorded_before_the_step_and_a_failing_journal_keeps_it_from_running() -> None:
    class Full(Records):
        def step_starting_once(self, path: str, checkpoint: str) -> None:
            raise OSError("disk full")

    calls: list[str] = []
    with pytest.raises(OSError, match="disk full"):
        start(Pay(calls), Full(), {"amount": 1})
    assert calls == []


def test_a_run_that_is_complete_has_both_records(journal: Records) -> None:
    calls: list[str] = []
    assert start(Pay(calls), journal, {"amount": 1})["told"] == "r2"
    kinds = [(kind, path) for kind, path, _ in journal.kept if kind != "starting"]
    assert kinds == [("completed", "prepare"), ("started", "pay"), ("completed", "pay"), ("completed", "tell")]
    assert resume(Pay(calls), journal.kept[-3][2])["told"] == "r2"


def test_a_step_that_fails_stays_begun(journal: Records) -> None:
    class Fails(Flow):
        @flow.step("pay", at_most_once=True)
        def pay(self):
            raise ConnectionError

    with pytest.raises(ConnectionError):
        start(Fails(), journal, {})
    with pytest.raises(StepInterruptedError):
        resume(Fails(), journal.newest)


@pytest.mark.parametrize("journaled", [False, True])
@pytest.mark.parametrize("how", ["raises", "times out"])
def test_a_container_around_it_is_not_tried_again(journaled: bool, how: str) -> None:
    import asyncio

    calls: list[str] = []

    class Inner(Flow):
        @flow.step("before")
        def before(self):
            return {"before": True}

        @flow.step("pay", at_most_once=True)
        async def pay(self):
            calls.append("pay")
            if how == "raises":
                raise ConnectionError
            await asyncio.sleep(5)

    class Outer(Flow):
        deeper = flow.subflow("deeper", Inner, retries=3, timeout=0.2)

    class Around(Flow):
        outer = flow.subflow("outer", Outer, retries=3)

    with pytest.raises(ConnectionError if how == "raises" else StepTimeoutError):
        if journaled:
            start(Around(), Records(), {})
        else:
            Around().run_sync({})
    assert calls == ["pay"]


def test_a_container_is_tried_again_where_the_step_was_not_begun() -> None:
    tries: list[str] = []

    class Inner(Flow):
        @flow.step("before")
        def before(self):
            tries.append("before")
            if len(tries) == 1:
                raise ConnectionError

        @flow.step("pay", at_most_once=True)
        def pay(self):
            tries.append("pay")

        @flow.step("behind")
        def behind(self):
            tries.append("behind")
            if len(tries) < 5:
                raise ConnectionError

    class Around(Flow):
        inner = flow.subflow("inner", Inner, retries=2)

    Around().run_sync({})
    assert tries == ["before", "before", "pay", "behind", "behind"]


def test_interrupted_is_for_interrupted_runs_only(journal: Records) -> None:
    calls: list[str] = []
    start(Pay(calls), journal, {"amount": 1})
    completed = journal.newest
    for said in ({"interrupted": "run-again"}, {"interrupted": "done"}):
        with pytest.raises(CheckpointStepError, match="leave interrupted= out"):
            resume(Pay(calls), completed, **said)
    text = next(text for kind, _, text in journal.kept if kind == "started")
    with pytest.raises(CheckpointStepError, match="waits at no gate"):
        resume(Pay(calls), text, decision={"approved_by": "ana"})


def test_a_step_that_became_something_else_is_not_said_to_be_done(journal: Records) -> None:
    with pytest.raises(Died):
        start(Pay([], dies=True), journal, {"amount": 1})

    class Changed(Flow, name="Pay"):
        @flow.step("prepare")
        def prepare(self, amount: int):
            return {"amount": amount + 1}

        pay = flow.approval("pay", Decision)

    with pytest.raises(StepInterruptedError):
        resume(Changed(), journal.newest)
    with pytest.raises(CheckpointFlowError):
        resume(Changed(), journal.newest, interrupted="done")
    with pytest.raises(ApprovalRequired):
        resume(Changed(), journal.newest, interrupted="run-again")


def test_a_journal_is_told_of_a_gate_before_the_run_ends_there(journal: Records) -> None:
    class Gated(Flow):
        @flow.step("draft")
        def draft(self):
            return {"draft": "d"}

        gate = flow.approval("gate", Decision, expires=60)

    with pytest.raises(ApprovalRequired) as waiting:
        start(Gated(), journal, {})
    assert journal.kept[-1] == ("waiting", "gate", waiting.value.checkpoint)
    text = journal.newest
    late = json.loads(text)
    late["flow"]["expires"] -= 61
    run = runtime.new_run(Gated())
    with pytest.raises(RunExpiredError):
        runtime.record_decision(run, json.dumps(late), {"approved_by": "ana"})
    recorded = runtime.record_decision(run, text, {"approved_by": "ana"})
    assert (recorded.gate, recorded.row.payload) == ("gate", Decision)
    # It was recorded in time, so it counts whenever the run goes on.
    result = resume(Gated(), json.dumps(late), journal=journal, recorded=recorded.text)
    assert result["approved_by"] == "ana"
    assert [each[:2] for each in journal.kept[-2:]] == [("starting", "gate"), ("completed", "gate")]
    assert resume(Gated(), journal.newest)["approved_by"] == "ana"


@dataclass
class Verdict:
    at: datetime
    names: tuple[str, ...]
    weight: Decimal = Decimal("1.5")
    made: list[str] = field(init=False, default_factory=lambda: ["made"])


def test_a_recorded_decision_comes_back_the_same_and_is_checked_again() -> None:
    class Gated(Flow):
        gate = flow.approval("gate", Verdict)

    journal = Records()
    with pytest.raises(ApprovalRequired):
        start(Gated(), journal, {})
    verdict = Verdict(datetime(2026, 1, 1, tzinfo=UTC), ("ana", "bob"))
    recorded = runtime.record_decision(runtime.new_run(Gated()), journal.newest, verdict)
    assert json.loads(recorded.text)["output"]["names"] == ["ana", "bob"]
    assert resume(Gated(), journal.newest, recorded=recorded.text) == vars(verdict)
    with pytest.raises(DecisionError):
        runtime.record_decision(runtime.new_run(Gated()), journal.newest, {"at": "today", "names": []})

    class Changed(Flow, name="Gated"):
        gate = flow.approval("gate", Decision)

    with pytest.raises(DecisionError, match="which Decision does not have"):
        resume(Changed(), journal.newest, recorded=recorded.text)


def test_definition_errors() -> None:
    with pytest.raises(FlowDefinitionError, match="contradict each other"):

        class Tries(Flow):
            @flow.step("pay", at_most_once=True, retries=1)
            def pay(self):
                return None

    with pytest.raises(FlowDefinitionError, match="at_most_once is True or False"):

        class Odd(Flow):
            @flow.step("pay", at_most_once=1)  # type: ignore[arg-type]
            def pay(self):
                return None

    class Once(Flow, retries=3):
        @flow.step("pay", at_most_once=True)
        def pay(self):
            return None

    assert Once.__stepkit_table__.steps[0].retries == 0
    assert Once.describe()[0]["at_most_once"] is True
    with pytest.raises(FlowDefinitionError, match='the at-most-once step "pay" of .*Once cannot stand in a parallel'):

        class Group(Flow):
            group = flow.parallel("group")
            once = group.subflow(Once)
