"""What a class body cannot say: the rules of names and functions, each with its message, told when a class is made."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any, TypeVar

import pytest
from definition_problems import Holder, body, problems_of, step_problems

from stepkit import Flow, errors, flow
from stepkit.errors import FlowDefinitionError

pytestmark = pytest.mark.in_one_piece

T = TypeVar("T")


# The error


def test_everything_that_is_wrong_is_found_in_one_go() -> None:
    with pytest.raises(FlowDefinitionError) as caught:

        class Broken(Flow, max_checkpoint_size=0):
            @flow.step("", retries=-1, timeout=math.nan)
            def first(self, *args): ...

            @flow.step("same", on_error="ignore")
            def second(self): ...

            @flow.step("same", aliases=["a/b"])
            def third(self, **kwargs): ...

    qualified = "test_everything_that_is_wrong_is_found_in_one_go.<locals>.Broken"
    assert str(caught.value) == (
        f"flow {qualified} cannot be defined (9 problems):\n"
        "  - max_checkpoint_size is a number of bytes from 1, not 0\n"
        "  - first: the name '' is empty\n"
        "  - first: retries is a whole number from 0, not -1\n"
        "  - first: timeout is a number of seconds over 0, or a timedelta, not nan\n"
        "  - first: it takes *args; name every key that it reads\n"
        '  - second: on_error is one of "raise", "continue", "skip-remaining", the name of a method, or a function of '
        '(self, error) and keys; "ignore" is no plain method of the class\n'
        "  - third: aliases: the name 'a/b' has a \"/\", which separates the segments of a step's path\n"
        "  - third: it takes **kwargs; name every key that it reads, or take the whole context with one "
        "positional-only parameter: (self, ctx, /)\n"
        '  - third: the name "same" is taken by second; names and aliases must be unique in a flow'
    )
    assert caught.value.flow == qualified
    assert len(caught.value.problems) == 9


def test_one_problem_is_called_one() -> None:
    with pytest.raises(FlowDefinitionError) as caught:
        type("Bad", (Flow,), {"go": flow.step("")(body)})
    assert str(caught.value) == "flow Bad cannot be defined (1 problem):\n  - go: the name '' is empty"


def test_a_definition_error_is_a_type_error() -> None:
    assert issubclass(FlowDefinitionError, TypeError)
    assert issubclass(FlowDefinitionError, errors.StepkitError)


# Names


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("", "the name '' is empty"),
        (" \t", "the name ' \\t' is empty"),
        ("a/b", "the name 'a/b' has a \"/\", which separates the segments of a step's path"),
        ("a\nb", "the name 'a\\nb' has control characters"),
        ("a\x00b", "the name 'a\\x00b' has control characters"),
        ("a\x1b[0m", "the name 'a\\x1b[0m' has control characters"),
        ("a\u200bb", "the name 'a\\u200bb' has control characters"),
        ("a\u2028b", "the name 'a\\u2028b' has control characters"),
        ("a\ud800b", "the name 'a\\ud800b' has control characters"),
        (5, "a name is a string, not 5"),
        (b"a", "a name is a string, not b'a'"),
    ],
)
def test_a_name_that_is_none(name: Any, problem: str) -> None:
    assert step_problems(body, name) == (f"go: {problem}",)
    assert problems_of({"go": flow.transform(name)(body)}) == (f"go: {problem}",)
    assert problems_of({"go": flow.subflow(name, Holder)}) == (f"go: {problem}",)
    assert step_problems(body, aliases=[name]) == (f"go: aliases: {problem}",)


@pytest.mark.parametrize(
    ("first", "second", "problem"),
    [
        ({"name": "x"}, {"name": "x"}, 'two: the name "x" is taken by one'),
        ({"name": "two"}, {}, 'two: the name "two" is taken by one'),
        ({"name": "x"}, {"aliases": ["x"]}, 'two: the alias "x" is taken by one'),
        ({"aliases": ["x"]}, {"name": "x"}, 'two: the name "x" is taken by one'),
        ({"aliases": ["x"]}, {"aliases": ["x"]}, 'two: the alias "x" is taken by one'),
        ({}, {"aliases": ["x", "x"]}, 'two: the alias "x" is taken by two'),
        ({}, {"name": "x", "aliases": ["x"]}, 'two: the alias "x" is taken by two'),
    ],
)
def test_names_and_aliases_are_unique(first: dict[str, Any], second: dict[str, Any], problem: str) -> None:
    def declare(name: str | None = None, **options: Any) -> Any:
        return flow.step(name, **options)(body)

    assert problems_of({"one": declare(**first), "two": declare(**second)}) == (
        f"{problem}; names and aliases must be unique in a flow",
    )


@pytest.mark.parametrize(
    "name",
    ["Event", "Input", "Output", "circuit_breaker", "describe", "mermaid", "on_step_complete", "on_step_error"]
    + ["resume", "run", "run_checkpoint", "run_checkpoint_sync", "run_sync", "start"],
)
def test_a_step_is_not_called_like_one_of_flows_own_names(name: str) -> None:
    assert problems_of({name: flow.step("fine")(body)}) == (
        f"{name}: a step cannot be called like one of Flow's own names; "
        "rename the method and give the step its name in the decorator",
    )
    type("Good", (Flow,), {"go": flow.step(name)(body)})


def test_every_public_name_of_flow_is_reserved() -> None:
    for name in dir(Flow):
        if not name.startswith("_") and name not in ("check", "load"):  # those a step may hide
            assert problems_of({name: flow.step("fine")(body)})[0].startswith(f"{name}: a step cannot be called like")


# Functions


def variadic(self: Any, *keys: Any) -> None: ...
def by_keyword(self: Any, **keys: Any) -> None: ...
def two_contexts(self: Any, ctx: Any, other: Any, /) -> None: ...
def no_self() -> None: ...
def only_keywords(*, a: Any) -> None: ...
def only_variadic(*args: Any) -> None: ...
def unreadable(self: Any) -> None: ...


unreadable.__signature__ = 5  # type: ignore[attr-defined]
SIGNATURES: list[tuple[Callable[..., Any], str]] = [
    (variadic, "it takes *keys; name every key that it reads"),
    (
        by_keyword,
        "it takes **keys; name every key that it reads, or take the whole context with one "
        "positional-only parameter: (self, ctx, /)",
    ),
    (
        two_contexts,
        'it has more than one positional-only parameter ("other"); the first receives the whole context, '
        "keys are ordinary parameters",
    ),
    (no_self, "it has no self parameter"),
    (only_keywords, "it has no self parameter"),
    (only_variadic, "it has no self parameter"),
]


@pytest.mark.parametrize(("function", "problem"), SIGNATURES)
def test_a_parameter_list_that_cannot_be_injected(function: Callable[..., Any], problem: str) -> None:
    assert step_problems(function) == (f"go: {problem}",)
    assert problems_of({"go": flow.transform(function)}) == (f"go: {problem}",)
    assert problems_of({"go": flow.branch("go", cases={"a": Holder})(function)}) == (f"go: {problem}",)


def test_a_signature_that_cannot_be_read() -> None:
    (problem,) = step_problems(unreadable)
    assert problem.startswith("go: its signature cannot be read (")


def test_a_condition_has_the_same_rules() -> None:
    assert step_problems(when=lambda *keys: True) == ("go: when: it takes *keys; name every key that it reads",)
    assert step_problems(when=lambda a, b, /: True)[0].startswith("go: when: it has more than one positional-only")
    assert step_problems(when=unreadable)[0].startswith("go: when: its signature cannot be read (")


def test_a_step_is_a_method() -> None:
    for wrong in (staticmethod(body), classmethod(body), 5, Holder, property(body)):
        (problem,) = step_problems(wrong)
        assert problem == f"go: a step is a method, not {wrong!r}; put the decorator of stepkit outermost"


@pytest.mark.parametrize("outer", [staticmethod, classmethod, property, functools.cached_property])
def test_a_decorator_above_that_of_stepkit_would_hide_the_step(outer: Any) -> None:
    assert problems_of({"go": outer(flow.step("x")(body))}) == (
        "go: a decorator stands above that of stepkit and hides the step; put the decorator of stepkit outermost",
    )


def test_a_wrapper_above_the_decorator_of_stepkit_would_hide_the_step() -> None:
    declared = flow.step("x")(body)

    @functools.wraps(declared)
    def wrapper(*args: Any) -> Any: ...

    assert problems_of({"go": wrapper}) == (
        "go: a decorator stands above that of stepkit and hides the step; put the decorator of stepkit outermost",
    )


def test_one_method_is_one_step() -> None:
    declared = flow.step("inner")(body)
    assert step_problems(declared, "outer") == (
        "go: a step is a method, not <step 'inner'>; put the decorator of stepkit outermost",
    )


@pytest.mark.parametrize(
    ("left", "call"),
    [
        (flow.step("x"), "flow.step()"),
        (flow.transform("x"), "flow.transform()"),
        (flow.parallel("p").step("x"), "flow.step()"),
        (flow.branch("x", cases={"a": Holder}), "flow.branch()"),
    ],
)
def test_a_decorator_without_a_method(left: Any, call: str) -> None:
    assert problems_of({"go": left}) == (f"go: {call} stands without a method; write it above one with @",)


# Inheritance


class Parent(Flow):
    @flow.step
    def load(self): ...


@pytest.mark.parametrize("value", [body, 5, property(body)], ids=["function", "number", "property"])
def test_what_hides_an_inherited_step_by_accident(value: Any) -> None:
    assert problems_of({"load": value}, Parent) == (
        "load: it hides an inherited step; decorate it to take the step's place, "
        "or write load = None to go without the step",
    )
