"""Options of steps and of classes, containers and codecs that make no sense, each with its message."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

import pytest
from definition_problems import Holder, body, problems_of, step_problems

from stepkit import CircuitBreaker, Flow, flow
from stepkit.errors import FlowDefinitionError

pytestmark = pytest.mark.in_one_piece

T = TypeVar("T")

# Options


CHOICES = [
    ("merge", '"override", "error", "warn", "skip"'),
]


@pytest.mark.parametrize(("option", "choices"), CHOICES)
@pytest.mark.parametrize("value", ["Raise", "", None, True, ["raise"]], ids=repr)
def test_a_policy_that_there_is_not(option: str, choices: str, value: Any) -> None:
    assert step_problems(**{option: value}) == (f"go: {option} is one of {choices}, not {value!r}",)


NOT_A_NUMBER = [True, "1", None, [1], math.nan, math.inf, -math.inf, -1]
OPTIONS: list[tuple[str, str, list[Any]]] = [
    ("retries", "a whole number from 0", [*(value for value in NOT_A_NUMBER if value is not None), 1.0]),
    ("retry_delay", "a number of seconds from 0, a timedelta, or a function of (attempt, error)", NOT_A_NUMBER),
    (
        "timeout",
        "a number of seconds over 0, or a timedelta",
        [*(value for value in NOT_A_NUMBER if value not in (None, math.inf)), 0, 0.0],
    ),
    ("should_retry", "a function of the error or exception classes", [5, "ValueError", int, (ValueError, 5), [int]]),
    ("when", "a bool or a function of the context", [None, "yes", 1, 0]),
    ("thread", "True or False", [1, "yes"]),
    ("log", "True or False", [1, "yes"]),
    ("aliases", "a tuple of former names", ["former", 5, None]),
    ("circuit_breaker", "a CircuitBreaker(...)", [True, 3, CircuitBreaker]),
]


@pytest.mark.parametrize(
    ("option", "wanted", "value"),
    [(option, wanted, value) for option, wanted, values in OPTIONS for value in values],
)
def test_an_option_that_makes_no_sense(option: str, wanted: str, value: Any) -> None:
    assert step_problems(**{option: value}) == (f"go: {option} is {wanted}, not {value!r}",)


@pytest.mark.parametrize("classes", [KeyboardInterrupt, (ValueError, KeyboardInterrupt)])
def test_what_passes_through_every_step_cannot_be_retried(classes: Any) -> None:
    assert step_problems(should_retry=classes) == (
        'go: should_retry names "KeyboardInterrupt", which passes through every step untried',
    )


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        ({"failure_threshold": 0}, "failure_threshold is a whole number from 1, not 0"),
        ({"failure_threshold": True}, "failure_threshold is a whole number from 1, not True"),
        ({"failure_threshold": 1.5}, "failure_threshold is a whole number from 1, not 1.5"),
        ({"cooldown": 0}, "cooldown is a number of seconds over 0 or a timedelta, not 0"),
        ({"cooldown": -1}, "cooldown is a number of seconds over 0 or a timedelta, not -1"),
        ({"cooldown": math.nan}, "cooldown is a number of seconds over 0 or a timedelta, not nan"),
        ({"cooldown": False}, "cooldown is a number of seconds over 0 or a timedelta, not False"),
        ({"on_open": "ignore"}, 'on_open is "raise" or "skip", not \'ignore\''),
    ],
)
def test_a_circuit_breaker_that_makes_no_sense(arguments: dict[str, Any], problem: str) -> None:
    breaker = CircuitBreaker(**{"failure_threshold": 1, "cooldown": 1.0, **arguments})
    assert step_problems(circuit_breaker=breaker) == (f"go: circuit_breaker: {problem}",)


def test_only_a_sync_step_can_be_moved_to_a_thread() -> None:
    async def later(self: Any) -> None: ...

    assert step_problems(later, thread=True) == (
        "go: thread=True is for sync steps; an async step runs on the event loop",
    )


def test_an_option_that_there_is_not() -> None:
    with pytest.raises(TypeError, match="unexpected keyword argument 'retry'"):
        flow.step("x", retry=2)  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="unexpected keyword argument 'merge'"):
        flow.transform("x", merge="skip")  # type: ignore[call-arg]


# Class keywords


@pytest.mark.parametrize("value", [0, -1, True, 1.5, "16 MiB"])
def test_a_size_limit_that_makes_no_sense(value: Any) -> None:
    assert problems_of({}, max_checkpoint_size=value) == (
        f"max_checkpoint_size is a number of bytes from 1, not {value!r}",
    )


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        (5, "name is a string, not 5"),
        ("", "the name '' is empty"),
        ("a\nb", "the name 'a\\nb' has control characters"),
    ],
)
def test_a_flows_name_that_is_none(name: Any, problem: str) -> None:
    assert problems_of({}, name=name) == (problem,)


def test_a_flows_log_that_is_none() -> None:
    assert problems_of({}, log="yes") == ("log is True, False or a LogConfig, not 'yes'",)


# Steps that hold others


def test_a_case_that_is_no_flow() -> None:
    wanted = "is a flow class, an instance of one, or a function of self that makes one"
    cases: dict[Any, Any] = {"a": 5, "b": int, "": Holder, "x/y": Holder, "fine": Holder, "also": Holder()}
    assert problems_of({"go": flow.branch("go", cases=cases)(body)}) == (
        f'go: the case "a" {wanted}, not 5',
        f"go: the case \"b\" {wanted}, not <class 'int'>",
        "go: cases: the name '' is empty",
        "go: cases: the name 'x/y' has a \"/\", which separates the segments of a step's path",
    )


@pytest.mark.parametrize("cases", [{}, [], None, "ab"])
def test_a_branch_without_cases(cases: Any) -> None:
    assert problems_of({"go": flow.branch("go", cases=cases)(body)}) == (
        f"go: cases maps the names of cases to flows, not {cases!r}",
    )


def test_a_nested_flow_that_is_no_flow() -> None:
    wanted = "a nested flow is a flow class, an instance of one, or a function of self that makes one"
    declared = flow.step("x")(body)
    assert problems_of({"go": flow.subflow("go", 5)}) == (f"go: {wanted}, not 5",)
    assert problems_of({"go": flow.subflow("go", declared)}) == (f"go: {wanted}, not <step 'x'>",)


def test_a_parallel_group_that_makes_no_sense() -> None:
    group = flow.parallel("gather", mode="any")  # type: ignore[arg-type]
    assert problems_of({"group": group}) == (
        'group: mode is one of "all", "settled", not \'any\'',
        "group: the group has no members; decorate methods with @group.step",
    )
    group = flow.parallel("gather")
    members = {"one": group.step("x")(body), "two": group.step("x")(body)}
    assert problems_of({"group": group, **members}) == (
        'group: two: the name "x" is taken by one; names and aliases must be unique in a flow',
    )
    assert problems_of(members) == (
        '"one", "two": member of a parallel group that is no attribute of the flow; keep the group as one, or '
        "declare the member in the group that took its place",
    )


def test_a_flow_that_holds_itself() -> None:
    class Endless(Flow):
        again = flow.subflow("again", lambda self: type(self)())

    with pytest.raises(FlowDefinitionError) as caught:
        Endless().run_sync()
    assert [
        problem.replace(f"{test_a_flow_that_holds_itself.__name__}.<locals>.", "") for problem in caught.value.problems
    ] == ["again: Endless holds itself; a flow cannot be nested in itself"]


# Codecs


class Plain: ...


@dataclass
class Pair(Generic[T]):
    one: T


@pytest.mark.parametrize(
    ("codecs", "problem"),
    [
        (["x"], "codecs[0] is a class or a Codec, not str of 1 characters"),
        ([Pair, None], "codecs[1] is a class or a Codec, not NoneType"),
        ([3], "codecs[0] is a class or a Codec, not int"),
        (3, "codecs is a list of classes and Codecs, not int"),
        (None, "codecs is a list of classes and Codecs, not NoneType"),
        ([list[int]], "codecs[0]: every checkpoint can save list; leave it out"),
        ([list], "codecs[0]: every checkpoint can save list; leave it out"),
        ([datetime], "codecs[0]: every checkpoint can save datetime; leave it out"),
        (
            [Plain],
            "codecs[0]: Plain has no fields that a checkpoint could save; register a "
            "Codec(Plain, encode=..., decode=...)",
        ),
        (
            [OSError],
            "codecs[0]: OSError has no fields that a checkpoint could save; register a "
            "Codec(OSError, encode=..., decode=...)",
        ),
    ],
)
def test_codecs_that_make_no_sense(codecs: Any, problem: str) -> None:
    assert problems_of({}, codecs=codecs, log=3) == (problem, "log is True, False or a LogConfig, not 3")


def test_an_alias_of_a_generic_class_is_registered_as_its_class() -> None:
    class Pairs(Flow, codecs=[Pair[int], ValueError]):
        @flow.step
        def make(self):
            return {"pair": Pair(1), "error": ValueError("x")}

    events: list[Any] = []
    Pairs().run_sync(on_step_complete=events.append)
    restored = Pairs().run_checkpoint_sync(events[0].checkpoint)
    assert (restored["pair"], type(restored["error"]), restored["error"].args) == (Pair(1), ValueError, ("x",))
