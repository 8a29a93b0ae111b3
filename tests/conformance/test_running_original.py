"""Where the TypeScript original is wrong, as seen by running its version 0.2.3: here it is right."""

from __future__ import annotations

import datetime as dt
import decimal
import json
import math
from typing import Any

import pytest

from stepkit import Flow, StepEvent, flow
from stepkit.errors import (
    CheckpointFlowError,
    CheckpointFormatError,
    CheckpointStepError,
    CheckpointValueError,
    FlowDefinitionError,
)


def every_checkpoint(instance: Flow[Any], given: Any = None) -> tuple[dict[str, Any], dict[str, str]]:
    """The result of a run, and the checkpoint after each step by its path."""
    texts: dict[str, str] = {}
    result = instance.run_sync(given, on_step_complete=lambda event: texts.update({event.step_name: event.checkpoint}))
    return result, texts


class Plain(Flow):
    def __init__(self) -> None:
        self.ran: list[str] = []

    @flow.step("one")
    def one(self):
        self.ran.append("one")
        return {"one": 1}

    @flow.step("two")
    def two(self):
        self.ran.append("two")
        return {"two": 2}


@pytest.mark.parametrize("name", ["three", "One", "", None, 5, [], "one/two"])
def test_an_unknown_renamed_empty_or_null_step_name_is_refused_before_anything_runs(name: Any) -> None:
    steps = Plain()
    with pytest.raises((CheckpointStepError, CheckpointFormatError)):
        steps.run_checkpoint_sync(json.dumps({"stepName": name, "output": {"one": 1}}))
    assert steps.ran == []


class AddStep(Flow):
    @flow.step("add")
    def add(self, n: int):
        return {"n": n + 1}

    @flow.step("add-again")
    def add_again(self, n: int):
        return {"n": n + 1}


class Negate(Flow):
    @flow.step("negate")
    def negate(self, n: int):
        return {"n": -n}


class Routes(Flow):
    """The case changes what the route reads."""

    def __init__(self) -> None:
        self.asked = 0

    @flow.branch("route", cases={"even": AddStep, "odd": Negate})
    def route(self, n: int):
        self.asked += 1
        return "even" if n % 2 == 0 else "odd"

    @flow.step("after")
    def after(self, n: int):
        return {"after": n}


def test_resume_inside_a_branch_takes_the_recorded_case_and_asks_nobody() -> None:
    result, texts = every_checkpoint(Routes(), {"n": 2})
    assert list(texts) == ["route/even/add", "route/even/add-again", "route", "after"]
    for text in texts.values():
        resumed = Routes()
        assert resumed.run_checkpoint_sync(text) == result
        assert resumed.asked == 0


def test_a_condition_on_a_container_is_not_asked_again_on_the_resume_path() -> None:
    class Conditional(Flow):
        inside = flow.subflow("inside", AddStep, when=lambda n: n == 0)

        @flow.step("after")
        def after(self, n: int):
            return {"after": n}

    result, texts = every_checkpoint(Conditional(), {"n": 0})
    assert result == {"n": 2, "after": 2}
    for text in texts.values():
        assert Conditional().run_checkpoint_sync(text) == result


def test_a_name_that_begins_like_another_is_not_confused_with_it_and_a_slash_is_refused() -> None:
    ran: list[str] = []

    class Pay(Flow):
        @flow.step("pay")
        def pay(self):
            ran.append("pay")

        @flow.step("pay-confirm")
        def confirm(self):
            ran.append("pay-confirm")

        @flow.step("pa")
        def short(self):
            ran.append("pa")

    _, texts = every_checkpoint(Pay())
    ran.clear()
    Pay().run_checkpoint_sync(texts["pay"])
    assert ran == ["pay-confirm", "pa"]
    ran.clear()
    Pay().run_checkpoint_sync(texts["pay-confirm"])
    assert ran == ["pa"]
    with pytest.raises(FlowDefinitionError, match='has a "/"'):
        type("Slashed", (Flow,), {"go": flow.step("pay/confirm")(lambda self: None)})


def test_a_parallel_group_is_one_step_so_a_resume_neither_loses_nor_repeats_a_member() -> None:
    ran: list[str] = []

    class Gather(Flow):
        @flow.step("before")
        def before(self):
            return {"n": 1}

        group = flow.parallel("group")

        @group.step("left")
        def left(self, n):
            ran.append("left")
            return {"left": n}

        @group.step("right")
        def right(self, n):
            ran.append("right")
            return {"right": n}

        inner = group.subflow(AddStep)

        @flow.step("after")
        def after(self, left, right):
            return {"sum": left + right}

    result, texts = every_checkpoint(Gather())
    assert result == {"n": 3, "left": 1, "right": 1, "sum": 2}
    for path, text in texts.items():
        ran.clear()
        assert Gather().run_checkpoint_sync(text) == result
        done = path in ("group", "after")
        assert sorted(ran) == ([] if done else ["left", "right"])
    bare = json.dumps({"stepName": "group/left", "output": {"n": 1, "left": 1}})
    with pytest.raises(CheckpointStepError, match="A group is one step"):
        Gather().run_checkpoint_sync(bare)


def test_resume_inside_a_nested_flow_with_a_transform_equals_the_uninterrupted_run() -> None:
    class Inside(Flow):
        @flow.step("give")
        def give(self, kept):
            return {"kept": "changed inside", "new": 1}

        @flow.transform("replace")
        def replace(self, new):
            return {"only": new}

        @flow.step("last")
        def last(self, only):
            return {"kept": only}

    for policy in ("override", "skip", "warn"):

        class Around(Flow):
            inside = flow.subflow("inside", Inside, merge=policy)

            @flow.step("after")
            def after(self, kept, parents):
                return {"saw": [kept, parents]}

        result, texts = every_checkpoint(Around(), {"kept": "the parent's", "parents": True})
        assert result["saw"] == [("the parent's" if policy == "skip" else 1), True]
        for text in texts.values():
            assert Around().run_checkpoint_sync(text) == result


def test_a_stop_inside_a_container_does_not_mark_the_container_as_done() -> None:
    class Gate(Flow):
        @flow.step("ask")
        def ask(self):
            return {"asked": True}

        @flow.step("approve")
        def approve(self):
            return {"approved": True}

    class Outer(Flow):
        gate = flow.subflow("gate", Gate)

        @flow.step("publish")
        def publish(self, approved=False):
            return {"published": approved}

    events: list[str] = []
    texts: list[str] = []

    def stop(event: StepEvent) -> None:
        events.append(event.step_name)
        texts.append(event.checkpoint)
        event.stop_pipeline()

    Outer().run_sync(on_step_complete=stop)
    assert events == ["gate/ask"]
    assert Outer().run_checkpoint_sync(texts[0]) == {"asked": True, "approved": True, "published": True}


@pytest.mark.parametrize(
    "value",
    [
        dt.datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=dt.UTC),
        dt.date(2026, 1, 2),
        {1, 2, 3},
        {1: "one", (2, 3): "a pair"},
        2**200,
        decimal.Decimal("0.10"),
        (1, [2, (3,)]),
        b"\x00\xff",
        math.inf,
        {"none": None, "list": [None]},
    ],
    ids=repr,
)
def test_a_value_that_json_has_no_form_for_comes_back_as_what_it_was(value: Any) -> None:
    class Keeps(Flow):
        @flow.step("keep")
        def keep(self):
            return {"value": value}

        @flow.step("read")
        def read(self, value):
            return {"type": type(value).__name__, "same": value}

    result, texts = every_checkpoint(Keeps())
    resumed = Keeps().run_checkpoint_sync(texts["keep"])
    assert resumed == result
    assert type(resumed["value"]) is type(value)


def test_a_checkpoint_from_one_flow_does_not_run_in_another() -> None:
    class Other(Plain): ...

    _, texts = every_checkpoint(Plain())
    other = Other()
    with pytest.raises(CheckpointFlowError, match='was taken by the flow "Plain"'):
        other.run_checkpoint_sync(texts["one"])
    assert other.ran == []


def test_an_override_is_checked_against_the_step_that_reads_it() -> None:
    class Adds(Flow):
        @flow.step("first")
        def first(self):
            return {"n": 1}

        @flow.step("second")
        def second(self, n: int):
            return {"n": str(n)}

    _, texts = every_checkpoint(Adds())
    with pytest.raises(CheckpointValueError, match='step "second" cannot read "n"'):
        Adds().run_checkpoint_sync(texts["first"], override_data={"n": "the type that it has in the end"})
    assert Adds().run_checkpoint_sync(texts["first"], override_data={"n": 5}) == {"n": "5"}
