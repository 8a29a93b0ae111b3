"""What a class body cannot say: every definition rule with its message. All are raised when the class is created."""

from __future__ import annotations

import functools
import math
import types
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, Literal, NamedTuple, Never, NewType, Protocol, TypedDict, TypeVar

import pytest

from stepkit import CircuitBreaker, Flow, errors, flow
from stepkit.errors import FlowDefinitionError

T = TypeVar("T")


def body(self: Any) -> None: ...


class Holder(Flow):
    @flow.step
    def step(self): ...


def problems_of(namespace: dict[str, Any], *bases: type, **keywords: Any) -> tuple[str, ...]:
    """What is said about a class called ``Bad`` with this body."""
    with pytest.raises(FlowDefinitionError) as caught:
        type("Bad", bases or (Flow,), namespace, **keywords)
    return caught.value.problems


def step_problems(function: Any = body, /, *arguments: Any, **options: Any) -> tuple[str, ...]:
    return problems_of({"go": flow.step(*arguments, **options)(function)})


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


# The input


class Keys(TypedDict):
    a: int


@dataclass
class Order:
    id: int


class Place(NamedTuple):
    x: int


class HasKeys(Protocol):
    def keys(self) -> Any: ...


class Given(Flow[T]):
    pass


class Fixed(Flow[Keys], Generic[T]):
    pass


@pytest.mark.parametrize(
    "written", [Order, Place, int, list[int], tuple[int, ...], Literal["x"], Order | int, NewType("Number", int)]
)
@pytest.mark.parametrize("base", [Flow, Given])
def test_an_input_that_is_no_mapping(written: Any, base: Any) -> None:
    with pytest.raises(FlowDefinitionError) as caught:
        types.new_class("Bad", (base[written],))
    (problem,) = caught.value.problems
    assert "a flow's input is a mapping of keys. Write a TypedDict with its fields" in problem


def test_the_problem_of_an_input_says_the_cure() -> None:
    with pytest.raises(FlowDefinitionError, match=r"class Input\(TypedDict\): order: Order$"):

        class Bad(Flow[Order]):
            pass


@pytest.mark.parametrize(
    "written",
    [Keys, dict, dict[str, Any], Mapping[str, int], Any, object, None, Keys | None, HasKeys, Never, "Later", T],
)
def test_an_input_that_may_be_a_mapping(written: Any) -> None:
    assert types.new_class("Good", (Flow[written],)).describe() == []


def test_the_argument_of_a_generic_flow_is_its_input_only_where_it_says_so() -> None:
    class OfInput(Given[Keys]):
        pass

    class OfOther(Fixed[int]):
        pass

    assert (OfInput.Input, OfOther.Input) == (Keys, Keys)


# Callbacks that are methods


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("on_step_completed", 'did you mean "on_step_complete"?'),
        ("on_steps_complete", 'did you mean "on_step_complete"?'),
        ("onStepError", 'did you mean "on_step_error"?'),
        ("on_progressed", 'did you mean "on_progress"?'),
        ("on_step_paid", "give it another name"),
    ],
)
def test_a_method_that_is_nearly_called_like_a_callback_is_refused(name: str, meant: str) -> None:
    known = '"on_step_start", "on_step_complete", "on_step_error", "on_progress"'
    expected = (f"{name}: it would never be called: a flow calls {known}; {meant}",)
    assert problems_of({name: lambda self, event: None}) == expected
    assert problems_of({name: staticmethod(print)}) == expected
    assert problems_of({}, type("Mixed", (), {name: lambda self, event: None}), Holder) == expected


@pytest.mark.parametrize("name", ["on_complete", "once", "_on_step_complete", "on_error", "only"])
def test_methods_with_other_names_are_not_taken_for_callbacks(name: str) -> None:
    assert issubclass(type("Fine", (Holder,), {name: lambda self: None}), Flow)
    step = flow.step("step")(body)
    assert [row["name"] for row in type("Named", (Flow,), {"on_step_paid": step, "on_step_count": 3}).describe()] == [
        "step"
    ]


@pytest.mark.parametrize(
    ("name", "function", "why"),
    [
        ("on_step_complete", lambda self, event, more: None, "(event)... missing a required argument: 'more'"),
        ("on_step_complete", lambda event: None, "(event)... too many positional arguments"),
        ("on_step_start", lambda self: None, "(event)... too many positional arguments"),
        ("on_step_error", lambda self, error: None, "(step_name, error)... too many positional arguments"),
        ("on_progress", lambda self, *, progress: None, "(progress)... too many positional arguments"),
        ("on_step_complete", staticmethod(lambda self, event: None), "(event)... missing a required argument: 'event'"),
        ("on_step_complete", classmethod(lambda cls: None), "(event)... too many positional arguments"),
    ],
)
def test_a_callback_that_cannot_be_called_is_refused(name: str, function: Any, why: str) -> None:
    given, reason = why.split("... ")
    text = f"{name}: it is called as self.{name}{given}, which its parameters do not take: {reason}"
    assert problems_of({name: function}) == (text,)


def test_a_callback_is_a_method() -> None:
    text = "on_progress: it is a method, not 3; write on_progress = None to go without an inherited one"
    assert problems_of({"on_progress": 3}) == (text,)


def test_callbacks_take_what_they_are_given_in_many_ways() -> None:
    told: list[str] = []

    class Told:
        @classmethod
        def on_step_start(cls, event: Any) -> None:
            told.append(f"start {event.step_name}")

        def on_step_complete(self, event: Any, more: int = 0, *rest: Any, **named: Any) -> None:
            told.append(f"complete {event.step_name}")

        on_step_error = functools.partial(print, "failed")

        @staticmethod
        def on_progress(*given: Any) -> None: ...

    class Mixed(Told, Holder):
        def on_step_complete(self, event: Any, *rest: Any, **named: Any) -> None:
            super().on_step_complete(event)
            told.append("mixed")

    Mixed().run_sync()
    assert told == ["start step", "complete step", "mixed"]


def test_every_flow_has_callbacks_that_do_nothing_and_a_subclass_may_go_without_one() -> None:
    told: list[str] = []

    class Base(Holder):
        def on_step_complete(self, event: Any) -> None:
            super().on_step_complete(event)
            super().on_step_error(event.step_name, ValueError())
            told.append(event.step_name)

    Base().run_sync()
    assert told == ["step"]
    type("Without", (Base,), {"on_step_complete": None})().run_sync()
    assert told == ["step"]
