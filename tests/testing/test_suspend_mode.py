"""Always suspended: runs that are stopped and resumed after every step, and ``stepkit.testing``, which does it."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from typing import Any

import container_flows
import one_piece
import pytest
from container_flows import CASES, EFFECTS
from random_nodes import canonical
from suspended import suspend_every_run

from stepkit import Flow, flow, testing
from stepkit.errors import CheckpointError, UnsavableValueError
from stepkit.testing import assert_resumable, assert_resumable_sync, difference, run_suspended, run_suspended_sync

MADE = [(name, flow_class, input, expected) for name, (flow_class, input, expected) in CASES.items()]
every_case = pytest.mark.parametrize(("flow_class", "input", "expected"), [made[1:] for made in MADE], ids=CASES)


@pytest.fixture(autouse=True)
def no_effects() -> None:
    EFFECTS.clear()


class SameObject(Flow):
    """Its second step tells whether it got the very object that the first one gave."""

    @flow.step
    def first(self) -> dict[str, Any]:
        self.given = [1]
        return {"items": self.given}

    @flow.step
    def second(self, items: list[int]) -> dict[str, Any]:
        return {"same": items is self.given}


def test_a_plain_run_is_in_pieces_only_in_the_mode(monkeypatch: pytest.MonkeyPatch) -> None:
    assert SameObject().run_sync()["same"]
    assert asyncio.run(SameObject().run())["same"]
    suspend_every_run(monkeypatch)
    assert not SameObject().run_sync()["same"]
    assert not asyncio.run(SameObject().run())["same"]


# The container flows once more, suspended.


@every_case
def test_a_run_that_is_suspended_after_every_step_gives_the_same(flow_class: Any, input: Any, expected: Any) -> None:
    assert expected == flow_class().run_sync(input)
    plain = EFFECTS.copy()
    EFFECTS.clear()
    texts: list[str] = []
    assert None is difference(expected, run_suspended_sync(flow_class, input, on_checkpoint=texts.append))
    assert sorted(plain) == sorted(EFFECTS)  # each effect once
    assert len(texts) == len(set(texts)) > 0


@every_case
def test_so_does_an_async_one(flow_class: Any, input: Any, expected: Any) -> None:
    assert None is difference(expected, asyncio.run(run_suspended(flow_class(), input)))


@every_case
def test_resuming_from_every_checkpoint_gives_the_same(flow_class: Any, input: Any, expected: Any) -> None:
    texts: dict[str, tuple[list[str], str]] = {}
    assert expected == flow_class().run_sync(
        input, on_step_complete=lambda event: texts.setdefault(event.checkpoint, (EFFECTS.copy(), event.step_name))
    )
    whole = EFFECTS.copy()
    for text, (before, step) in texts.items():
        EFFECTS[:] = before
        assert None is difference(expected, flow_class().run_checkpoint_sync(text)), text
        if json.loads(text)["stepName"] == step:
            assert sorted(whole) == sorted(EFFECTS), text


IN_NEW_PROCESSES = ["nested", "odd case", "group", "deep", "object of a nested flow's class", "survived"]


@pytest.mark.parametrize("name", IN_NEW_PROCESSES)
def test_every_piece_may_run_in_an_interpreter_of_its_own(name: str) -> None:
    flow_class, input, expected = CASES[name]
    given: dict[str, Any] = {"input": input}
    pieces = 0
    while "result" not in given:
        done = subprocess.run(
            [sys.executable, one_piece.__file__, f"{container_flows.__name__}:{flow_class.__qualname__}"],
            input=json.dumps(given),
            capture_output=True,
            text=True,
            check=False,
        )
        assert 0 == done.returncode, done.stderr
        given = json.loads(done.stdout)
        pieces += 1
        assert pieces < 20
    assert canonical(expected) == given["result"]
    assert pieces > 2


# stepkit.testing.


class Forgetful(Flow):
    """Its second step depends on what the first one left on the instance."""

    def __init__(self) -> None:
        self.seen = 0

    @flow.step
    def first(self) -> dict[str, Any]:
        self.seen += 1
        return {"a": 1}

    @flow.step
    def second(self, a: int) -> dict[str, Any]:
        return {"b": [a, self.seen]}


def test_assert_resumable_gives_the_result() -> None:
    assert {"n": 2, "kind": "even", "end": "even 2"} == assert_resumable_sync(container_flows.Routed, {"n": 2})
    assert {"n": 2, "kind": "even", "end": "even 2"} == asyncio.run(assert_resumable(container_flows.Routed, {"n": 2}))


@pytest.mark.parametrize("flow_class", [container_flows.Nested, container_flows.Deep, container_flows.Gather])
def test_assert_resumable_accepts_what_can_be_resumed(flow_class: Any) -> None:
    assert_resumable_sync(flow_class, {"n": 1})
    asyncio.run(assert_resumable(flow_class, {"n": 1}))


def test_assert_resumable_tells_the_step_and_the_key_path_of_a_difference() -> None:
    with pytest.raises(AssertionError) as caught:
        assert_resumable_sync(Forgetful)
    assert (
        'resumed from the checkpoint of "first" in the event of "first", the run gives another result: '
        "$.b[1]: expected 1, got 0" == str(caught.value)
    )
    with pytest.raises(AssertionError, match=r"expected 1, got 0"):
        asyncio.run(assert_resumable(Forgetful))


def test_an_instance_is_used_for_all_pieces_and_a_class_makes_one_for_each() -> None:
    assert {"a": 1, "b": [1, 1]} == run_suspended_sync(Forgetful())
    assert {"a": 1, "b": [1, 0]} == run_suspended_sync(Forgetful)
    assert {"a": 1, "b": [1, 0]} == run_suspended_sync(lambda: Forgetful())


def test_assert_resumable_raises_the_flows_error_if_it_fails_the_same_way_each_time() -> None:
    class Fails(Flow):
        @flow.step
        def good(self) -> dict[str, Any]:
            return {"a": 1}

        @flow.step
        def bad(self) -> None:
            raise ValueError("bad")

    with pytest.raises(ValueError, match=r"^bad"):
        assert_resumable_sync(Fails)
    with pytest.raises(ValueError, match=r"^bad"):
        asyncio.run(assert_resumable(Fails))


def test_a_flow_that_fails_only_once_resumed_is_told_with_both_outcomes() -> None:
    class NeedsItself(Flow):
        @flow.step
        def opens(self) -> None:
            self.connection = 1

        @flow.step
        def uses(self) -> dict[str, Any]:
            return {"used": self.connection}

    with pytest.raises(AssertionError, match=r"the run succeeded; .*, it failed with AttributeError: .*'connection'"):
        assert_resumable_sync(NeedsItself)


def test_a_context_that_cannot_be_saved_is_told_by_the_checkpoint() -> None:
    class Keeps(Flow):
        @flow.step
        def opens(self) -> dict[str, Any]:
            return {"lock": object()}

    with pytest.raises(UnsavableValueError, match=r"\$\.lock"):
        run_suspended_sync(Keeps)
    with pytest.raises(CheckpointError, match=r"\$\.lock"):
        assert_resumable_sync(Keeps)


def test_the_callers_input_is_not_changed_by_any_piece() -> None:
    class Appends(Flow):
        @flow.step
        def append(self, items: list[int]) -> None:
            items.append(1)

        @flow.step
        def again(self, items: list[int]) -> None:
            items.append(2)

    given: dict[str, Any] = {"items": []}
    assert {"items": [1, 2]} == assert_resumable_sync(Appends, given)
    assert {"items": []} == given


@pytest.mark.parametrize(
    ("expected", "actual", "found"),
    [
        ({"a": [1, {"b": (2,)}]}, {"a": [1, {"b": (2,)}]}, None),
        ({"a": float("nan")}, {"a": float("nan")}, None),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}, None),
        ({"a": {1, 2}}, {"a": {2, 1}}, None),
        ({"a": (1,)}, {"a": [1]}, "$.a: expected (1,) (tuple), got [1] (list)"),
        ({"a": 1}, {"a": True}, "$.a: expected 1 (int), got True (bool)"),
        ({"a": 0.0}, {"a": -0.0}, "$.a: expected 0.0, got -0.0"),
        ({"a": [1, 2]}, {"a": [1]}, "$.a: expected 2 items, got 1"),
        ({"a": {"b c": 1}}, {"a": {"b c": 2}}, "$.a['b c']: expected 1, got 2"),
        ({"a": 1}, {}, "$.a: expected 1, but it is missing"),
        ({}, {"a": 1}, "$: got the key 'a', which was not expected"),
        ({"a": {1: "x"}}, {"a": {True: "x"}}, "$.a: the keys are equal, but of other types"),
        ({"a": {1}}, {"a": {True}}, "$.a: expected {1}, got {True}"),
        (
            container_flows.Invoice(1, [("a", 1)]),
            container_flows.Invoice(1, [("a", 2)]),
            "$.lines[0][1]: expected 1, got 2",
        ),
        ("x" * 100, "y", "$: expected '" + "x" * 76 + "..., got 'y'"),
    ],
)
def test_a_difference_is_in_value_or_type(expected: Any, actual: Any, found: str | None) -> None:
    assert found == difference(expected, actual)


def test_the_public_names_are_sorted_and_documented() -> None:
    assert sorted(testing.__all__) == testing.__all__
    for name in testing.__all__:
        assert getattr(testing, name).__doc__
