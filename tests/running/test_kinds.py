"""A kind of step is one class: what the runtime does with it goes through its operations."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar, cast, get_args

import pytest

from stepkit import Flow, StepEvent, description, flow, runtime
from stepkit.errors import CheckpointFlowError, CheckpointStepError
from stepkit.log import run_log
from stepkit.runtime.fence import Fence
from stepkit.runtime.frame import Frame, Outcome, PlannedStep
from stepkit.runtime.function_steps import FunctionStep
from stepkit.runtime.signals import Stopped
from stepkit.table import Kind
from stepkit_mypy.algebra.kinds import KINDS

GATE = cast(Kind, "gate")


@pytest.fixture(autouse=True)
def gate() -> Iterator[None]:
    class Gate(FunctionStep):
        """Ends the run until the context has what the gate is named after."""

        __slots__ = ()
        kind: ClassVar[Kind] = GATE
        is_plain = False

        async def attempt(self, frame: Frame, number: int, fence: Fence | None) -> Outcome:
            if self.row.name not in frame.context:
                raise Stopped(frame.path_of(self.row), frame.context)
            return Outcome(({"passed": self.row.name},))

    yield
    del PlannedStep.kinds[GATE]


def with_gates(cls: type[Flow[Any, Any]]) -> type[Flow[Any, Any]]:
    """Make gates of the steps that are called like one."""
    table = cls.__stepkit_table__
    rows = [row._replace(kind=GATE) if row.name.endswith("review") else row for row in table.steps]
    setattr(cls, "__stepkit_table__", table._replace(steps=tuple(rows)))
    return cls


@with_gates
class Inner(Flow):
    @flow.step("draft")
    def draft(self):
        return {"draft": "text"}

    @flow.step("inner-review")
    def inner_review(self):
        return None

    @flow.step("edit")
    def edit(self, draft: str):
        return {"draft": draft + "!"}


@with_gates
class Publish(Flow):
    inner = flow.subflow("inner", Inner)

    @flow.step("review")
    def review(self):
        return None

    @flow.step("publish")
    def publish(self, draft: str):
        return {"published": draft}


def run_to_gate(start: Any) -> tuple[Any, list[str]]:
    checkpoints: list[str] = []

    def keep(event: StepEvent) -> None:
        checkpoints.append(event.checkpoint)

    run = runtime.new_run(Publish(), (None, keep, None, None))
    return start(run), checkpoints


def test_a_run_ends_at_a_gate_and_goes_on_behind_it_from_the_checkpoint_before_it() -> None:
    ending, checkpoints = run_to_gate(lambda run: runtime.start_sync(run, {}))
    assert (ending.status, ending.step) == ("stopped", "inner/inner-review")

    decision = {"inner-review": True}
    ending, checkpoints = run_to_gate(lambda run: runtime.resume_sync(run, checkpoints[-1], decision))
    assert (ending.status, ending.step) == ("stopped", "review")

    result = Publish().run_checkpoint_sync(checkpoints[-1], override_data={"review": True})
    assert result["published"] == "text!"
    assert result["passed"] == "review"


def test_a_gate_that_had_passed_is_compared_with_the_steps_of_today() -> None:
    everything = {"inner-review": True, "review": True}
    _, checkpoints = run_to_gate(lambda run: runtime.start_sync(run, everything))
    assert Publish().run_checkpoint_sync(checkpoints[-2])["published"] == "text!"

    class WithoutGate(Flow, name="Publish"):
        inner = flow.subflow("inner", Inner)

        @flow.step("publish")
        def publish(self, draft: str):
            return {"published": draft}

    with pytest.raises(CheckpointFlowError, match="the run had a step that it does not have any more"):
        WithoutGate().run_checkpoint_sync(checkpoints[-1])


def test_nothing_is_inside_of_a_gate() -> None:
    with pytest.raises(CheckpointStepError, match="a plain gate, which holds no other steps"):
        Publish().run_checkpoint_sync('{"stepName":"review/step","output":{}}')


def test_every_kind_has_an_icon_and_a_shape_and_the_plugin_knows_it() -> None:
    kinds = set(get_args(Kind))
    assert set(run_log._STEPS) == kinds
    assert set(description._SHAPES) == kinds - {"branch", "parallel"}  # those are drawn as what they hold
    assert set(KINDS) == kinds
