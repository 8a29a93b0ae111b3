"""Inputs that are no mapping, and callbacks that are methods: which are refused, with which message."""

from __future__ import annotations

import functools
import types
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Generic, Literal, NamedTuple, Never, NewType, Protocol, TypedDict, TypeVar

import pytest
from definition_problems import Holder, body, problems_of

from stepkit import Flow, flow
from stepkit.errors import FlowDefinitionError

pytestmark = pytest.mark.in_one_piece

T = TypeVar("T")

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

        on_step_error = staticmethod(functools.partial(print, "failed"))

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
