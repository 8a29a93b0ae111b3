"""What can stand in a flow class, what a step's parameters receive, and what its return does."""

from __future__ import annotations

import asyncio
from collections import OrderedDict, UserDict
from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Any, NotRequired, TypedDict

import pytest

from stepkit import Flow, flow


class CalcInput(TypedDict):
    a: int
    b: NotRequired[int]


class Calc(Flow[CalcInput]):
    @flow.step("add-one")
    def add_one(self, a: int):
        """Adds one."""
        return {"a": a + 1}

    @flow.step("double")
    async def double(self, a):
        return {"a": a * 2}

    @flow.step("finish")
    def finish(self, a: int, b: int = 0):
        return {"sum": a + b}


def test_sync_and_async_steps_run_in_the_order_in_which_they_are_written() -> None:
    assert asyncio.run(Calc().run({"a": 1})) == {"a": 4, "sum": 4}
    assert Calc().run_sync({"a": 1, "b": 10}) == {"a": 4, "b": 10, "sum": 14}


def test_each_form_of_the_decorators_makes_a_step() -> None:
    class Forms(Flow):
        @flow.step("named-step")
        def one(self):
            return {"one": 1}

        @flow.step
        def bare(self):
            return {"bare": 1}

        @flow.step()
        def called(self):
            return {"called": 1}

        @flow.step(on_error="continue")
        def with_options(self):
            return {"with_options": 1}

        @flow.transform("named-transform")
        def two(self, one):
            return {"two": one + 1}

        @flow.transform
        def bare_transform(self, two):
            return {"three": two + 1}

        @flow.transform()
        def called_transform(self, three):
            return {"four": three + 1}

    assert [(step["name"], step["kind"]) for step in Forms.describe()] == [
        ("named-step", "step"),
        ("bare", "step"),
        ("called", "step"),
        ("with_options", "step"),
        ("named-transform", "transform"),
        ("bare_transform", "transform"),
        ("called_transform", "transform"),
    ]
    assert Forms().run_sync() == {"four": 4}


def test_a_name_may_have_blanks_dots_and_letters_of_any_script() -> None:
    class Names(Flow):
        @flow.step("näch ster.Schritt №1 🚀")
        def one(self): ...

    seen: list[str] = []
    Names().run_sync(on_step_complete=lambda event: seen.append(event.step_name))
    assert seen == ["näch ster.Schritt №1 🚀"]


def test_a_flow_without_input_starts_from_an_empty_context() -> None:
    class Ping(Flow):
        @flow.step
        def ping(self, unused=None): ...

        @flow.step
        def show(self, ctx, /):
            return {"saw": dict(ctx)}

    class Pong(Ping):
        ping = None

    assert Pong().run_sync() == {"saw": {}}
    assert asyncio.run(Pong().run()) == {"saw": {}}


def test_a_flow_without_steps_returns_its_input() -> None:
    class Nothing(Flow): ...

    given = {"a": [1]}
    result = Nothing().run_sync(given)
    assert result == {"a": [1]}
    assert result is not given


def test_the_callers_input_is_not_changed() -> None:
    given = {"a": 1}
    assert Calc().run_sync(given)["a"] == 4
    assert given == {"a": 1}


@pytest.mark.in_one_piece
def test_any_mapping_is_an_input() -> None:
    assert Calc().run_sync(MappingProxyType({"a": 1})) == {"a": 4, "sum": 4}
    assert Calc().run_sync(UserDict(a=1)) == {"a": 4, "sum": 4}


# Parameters


def test_parameters_are_injected_by_name_not_by_place() -> None:
    class Named(Flow):
        @flow.step
        def subtract(self, second, first):
            return {"result": first - second}

    assert Named().run_sync({"first": 10, "second": 3})["result"] == 7


def test_a_default_is_taken_only_where_the_key_is_missing() -> None:
    class Defaults(Flow):
        @flow.step
        def show(self, a, b="default", *, c, d="default"):
            return {"saw": (a, b, c, d)}

    assert Defaults().run_sync({"a": 1, "c": 3})["saw"] == (1, "default", 3, "default")
    assert Defaults().run_sync({"a": 1, "b": None, "c": 3, "d": 0})["saw"] == (1, None, 3, 0)


@pytest.mark.parametrize("count", range(6))
def test_every_number_of_required_parameters_is_injected_right(count: int) -> None:
    keys = [f"k{number}" for number in range(count)]
    namespace: dict[str, Any] = {}
    exec(
        f"def show(self, {', '.join(reversed(keys))}): return {{'saw': dict({', '.join(f'{k}={k}' for k in keys)})}}",
        namespace,
    )
    Many = type("Many", (Flow,), {"show": flow.step(namespace["show"])})
    given = {key: place for place, key in enumerate(keys)}
    assert Many().run_sync({**given, "other": "not read"})["saw"] == given


def test_keyword_only_parameters_are_keys_too() -> None:
    class KeywordOnly(Flow):
        @flow.step
        def show(self, *, b, a):
            return {"saw": (a, b)}

    assert KeywordOnly().run_sync({"a": 1, "b": 2})["saw"] == (1, 2)


def test_a_positional_only_parameter_receives_the_whole_context() -> None:
    class Whole(Flow):
        @flow.step
        def show(self, ctx, /):
            return {"saw": dict(ctx)}

        @flow.step
        def show_with_keys(self, ctx, /, a, c="default", *, b):
            return {"saw": (sorted(ctx), a, b, c)}

    context = {"a": 1, "b": 2, "not an identifier": 3}
    seen: list[Any] = []
    Whole().run_sync(context, on_step_complete=lambda event: seen.append(event.context["saw"]))
    assert seen == [context, (["a", "b", "not an identifier", "saw"], 1, 2, "default")]


def test_the_whole_context_is_read_only_and_stays_as_it_was() -> None:
    kept: list[Mapping[str, Any]] = []

    class Whole(Flow):
        @flow.step
        def write(self, ctx, /):
            kept.append(ctx)
            with pytest.raises(TypeError):
                ctx["a"] = 2
            with pytest.raises(TypeError):
                del ctx["a"]
            return {"b": 1}

        @flow.step
        def later(self):
            return {"a": "later"}

    assert Whole().run_sync({"a": 1}) == {"a": "later", "b": 1}
    assert kept == [{"a": 1}]


def test_self_may_have_another_name() -> None:
    class This(Flow):
        @flow.step
        def show(this, a):  # noqa: N805
            return {"saw": (type(this).__name__, a)}

    assert This().run_sync({"a": 1})["saw"] == ("This", 1)


def test_keys_named_like_the_librarys_own_words_are_ordinary_keys() -> None:
    class Words(Flow):
        @flow.step
        def show(self, context, function, owner, name, when="", *, flow, step):
            return {"saw": [context, function, owner, name, when, flow, step]}

    keys = ["context", "function", "owner", "name", "when", "flow", "step"]
    assert Words().run_sync({key: key for key in keys})["saw"] == keys


# Returns


class Key(StrEnum):
    B = "b"


@pytest.mark.parametrize(
    ("returned", "context"),
    [
        (None, {"a": 1}),
        ({}, {"a": 1}),
        ({"b": 2}, {"a": 1, "b": 2}),
        (OrderedDict(b=2), {"a": 1, "b": 2}),
        (MappingProxyType({"b": 2}), {"a": 1, "b": 2}),
        (UserDict(b=2), {"a": 1, "b": 2}),
        ({Key.B: 2}, {"a": 1, "b": 2}),
        ({"not an identifier": 2}, {"a": 1, "not an identifier": 2}),
    ],
    ids=repr,
)
@pytest.mark.in_one_piece
def test_a_step_gives_a_mapping_of_new_keys_or_none(returned: Any, context: dict[str, Any]) -> None:
    class Gives(Flow):
        @flow.step
        def give(self):
            return returned

    class GivesLater(Flow):
        @flow.step
        async def give(self):
            return returned

    assert Gives().run_sync({"a": 1}) == context
    assert GivesLater().run_sync({"a": 1}) == context
    assert Gives().run_sync({"a": 1}, on_step_complete=lambda event: None) == context


def test_a_transforms_mapping_becomes_the_whole_context() -> None:
    class Replace(Flow):
        @flow.transform("replace")
        def replace(self, a):
            return {"b": a + 1}

        @flow.step
        def after(self, a="gone", b="gone"):
            return {"saw": (a, b)}

    assert Replace().run_sync({"a": 1, "c": 3}) == {"b": 2, "saw": ("gone", 2)}


def test_a_mapping_that_a_transform_gave_is_not_written_to() -> None:
    given = {"a": 1}

    class Replace(Flow):
        @flow.transform
        def replace(self):
            return given

        @flow.step
        def after(self):
            return {"b": 2}

    assert Replace().run_sync() == {"a": 1, "b": 2}
    assert given == {"a": 1}


# Plain methods


def test_a_step_called_directly_is_the_plain_method() -> None:
    assert Calc().add_one(a=1) == {"a": 2}
    assert Calc().add_one(1) == {"a": 2}
    assert Calc().finish(a=1) == {"sum": 1}
    assert asyncio.run(Calc().double(a=2)) == {"a": 4}
    assert Calc.add_one(Calc(), 1) == {"a": 2}


def test_a_step_keeps_its_methods_name_and_docstring() -> None:
    assert Calc().add_one.__name__ == "add_one"
    assert Calc().add_one.__doc__ == "Adds one."
    assert Calc.add_one.__name__ == "add_one"
    assert Calc.add_one.__doc__ == "Adds one."


def test_one_step_may_call_another_as_a_method() -> None:
    class Twice(Calc):
        @flow.step
        def twice(self, a: int):
            return self.add_one(**self.add_one(a))

    assert Twice().run_sync({"a": 1}) == {"a": 6, "sum": 4}
