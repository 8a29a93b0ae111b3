"""What may stand in ``on_error=``, and what a resume knows of it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

import pytest
from failing_steps import Down, Input

from stepkit import Flow, flow
from stepkit.errors import (
    FlowDefinitionError,
)
from stepkit.testing import assert_resumable


def told_of(value: Any) -> str:
    with pytest.raises(FlowDefinitionError) as caught:

        class Asks(Flow):
            def use_cache(self, error):
                return {}

            constant = 5

            @staticmethod
            def static(error):
                return {}

            @flow.step("other")
            def other(self):
                return {}

            @flow.step("ask", on_error=value)
            def ask(self):
                return {}

    (problem,) = caught.value.problems
    return problem


@pytest.mark.parametrize(
    ("value", "part"),
    [
        ("use_cahce", '"use_cahce" is no plain method of the class; did you mean "use_cache"?'),
        ("contineu", 'did you mean "continue"?'),
        ("constant", '"constant" is no plain method'),
        ("static", '"static" is no plain method of the class: it is a static method'),
        ("other", '"other" is no plain method of the class: it is a step'),
        ("run", '"run" is no plain method'),
        ("on_step_complete", '"on_step_complete" is no plain method'),
        ("fallback", '"fallback" is no plain method'),
        (5, "or a function of (self, error) and keys, not 5"),
        (None, "not None"),
        (True, "not True"),
        (["raise"], "not ['raise']"),
        ("", '"" is no plain method'),
        ("Raise", 'did you mean "raise"?'),
        (ValueError, "not <class 'ValueError'>"),
        (lambda: {}, "on_error: <lambda>: it has no error parameter"),
        (lambda self: {}, "on_error: <lambda>: it has no error parameter"),
        (lambda self, *, error: {}, "it has no error parameter"),
        (lambda self, error, *keys: {}, "it takes *keys; name every key that it reads"),
        (lambda self, error, **keys: {}, "it takes **keys; name every key that it reads"),
    ],
)
def test_what_cannot_be_called_is_told_when_the_class_is_created(value: Any, part: str) -> None:
    problem = told_of(value)
    assert problem.startswith("ask: on_error")
    assert part in problem


class Annotated(Flow[Input]):
    def use_cache(self, error: Exception, n: int) -> Input:
        return {"n": n}

    @flow.step("ask", on_error="use_cache")
    def ask(self, n: int) -> Input:
        raise Down

    @flow.step("use")
    def use(self, n: int, given: int) -> None: ...


def test_a_resume_knows_what_it_reads_and_gives() -> None:
    found = Annotated.check(Annotated.start_checkpoint({"n": 1}))
    assert type(found).__name__ == "CheckpointKeyError"
    assert Annotated.check(Annotated.start_checkpoint({"n": 1}), {"given": 1}) is None


@dataclass
class Rate:
    value: float


class Quoted(Flow):
    """The class of the value is named by the fallback only."""

    def usual(self, error: Exception) -> dict[str, Rate]:
        return {"rate": Rate(1.5)}

    @flow.step("fetch", on_error="usual")
    def fetch(self):
        raise Down

    @flow.step("use")
    def use(self, rate):
        return {"double": rate.value * 2}


def test_what_it_gives_comes_back_from_a_checkpoint() -> None:
    asyncio.run(assert_resumable(Quoted()))
