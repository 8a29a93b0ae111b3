"""A fallback that fails itself or lets the error pass, and what is left of a failure that was survived."""

from __future__ import annotations

import asyncio
import gc
import sys
import weakref
from dataclasses import dataclass
from typing import Any

import pytest
import stepping
from failing_steps import Down, Input, Worse

from stepkit import Flow, LogConfig, flow
from stepkit.errors import (
    MissingKeyError,
    StepOutputError,
)


@pytest.mark.parametrize("is_async", [False, True])
def test_its_own_error_ends_the_run_with_the_steps_as_the_cause(is_async: bool) -> None:
    class Asks(Flow):
        def worse(self, error):
            raise Worse("worse")

        async def worse_async(self, error):
            await asyncio.sleep(0)
            raise Worse("worse")

        @flow.step("ask", on_error="worse_async" if is_async else "worse")
        def ask(self):
            raise Down

    told: list[type[Exception]] = []
    with pytest.raises(Worse) as caught:
        Asks().run_sync(on_step_error=lambda step, error: told.append(type(error)), run_id="r")
    assert isinstance(caught.value.__cause__, Down)
    name = "worse_async" if is_async else "worse"
    assert caught.value.__notes__ == [f'in flow Asks, step "ask", its fallback {name}, run r']
    assert told == [Down, Worse]


def test_it_may_let_the_error_pass() -> None:
    class Asks(Flow):
        def only_some(self, error):
            raise error

        @flow.step("ask", on_error="only_some")
        def ask(self):
            raise Down

    told: list[str] = []
    with pytest.raises(Down) as caught:
        Asks().run_sync(on_step_error=lambda step, error: told.append(step))
    assert caught.value.__cause__ is None
    assert told == ["ask"]


@pytest.mark.parametrize("given", [5, None])
def test_what_it_returns_is_looked_at_as_a_steps(given: Any) -> None:
    class Asks(Flow):
        @flow.step("ask", on_error=lambda error: given)
        def ask(self):
            raise Down

    if given is None:
        assert Asks().run_sync() == {}
        return
    with pytest.raises(StepOutputError) as caught:
        Asks().run_sync()
    assert isinstance(caught.value.__cause__, Down)


def test_a_key_that_it_reads_and_that_is_missing_is_named() -> None:
    class Asks(Flow[Input]):
        @flow.step("ask", on_error=lambda error, m: {"answer": m})
        def ask(self):
            raise Down

    with pytest.raises(MissingKeyError, match='reads "m"') as caught:
        Asks().run_sync({"n": 1})
    assert isinstance(caught.value.__cause__, Down)
    assert caught.value.__notes__[0].startswith("in its fallback <lambda>, run ")


def test_from_none_is_meant() -> None:
    def hide(error: Exception) -> None:
        raise Worse from None

    class Asks(Flow):
        @flow.step("ask", on_error=hide)
        def ask(self):
            raise Down

    with pytest.raises(Worse) as caught:
        Asks().run_sync()
    assert caught.value.__cause__ is None


# -- what is left of a failure that was survived ---------------------------------------------------------------------


class Large:
    """What a failed step had in its variables."""


def fail(kept: list[weakref.ref[Large]]) -> None:
    large = Large()
    kept.append(weakref.ref(large))
    raise Down


class Fails(Flow):
    def __init__(self, kept: list[weakref.ref[Large]]) -> None:
        self.kept = kept

    @flow.step("fail")
    def fail(self):
        fail(self.kept)


class Survives(Fails):
    fail = flow.step("fail", on_error="continue")(lambda self: fail(self.kept))
    again = flow.step("again", retries=2, on_error=lambda error: {})(lambda self: fail(self.kept))
    thread = flow.step("thread", thread=True, on_error="continue")(lambda self: fail(self.kept))
    nested = flow.subflow("nested", lambda self: Fails(self.kept), on_error="continue")


@pytest.mark.parametrize("options", [{}, {"deadline": 600}])
def test_what_a_failed_step_had_in_memory_is_free_when_the_run_is_over(options: Any) -> None:
    kept: list[weakref.ref[Large]] = []
    gc.collect()
    gc.disable()
    try:
        Survives(kept).run_sync(**options)
        for thread in stepping.step_threads():
            thread.join(60)
        assert len(kept) == 6
        assert [reference() for reference in kept] == [None] * 6
    finally:
        gc.enable()


# -- as in an except block -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("thread", [False, True])
@pytest.mark.parametrize("is_async", [False, True])
def test_raise_lets_the_error_pass_wherever_the_fallback_runs(thread: bool, is_async: bool) -> None:
    def passes(error):
        raise

    async def passes_too(error):
        raise

    class Passes(Flow, thread=thread):
        @flow.step("fail", on_error=passes_too if is_async else passes)
        def fail(self):
            raise Down

    with pytest.raises(Down):
        Passes().run_sync()


def test_an_error_of_a_callback_has_nothing_to_do_with_one_that_was_survived() -> None:
    class Survived(Flow):
        @flow.step("fail", on_error=lambda error: {"n": 1})
        def fail(self):
            raise Down

    def save(event: Any) -> None:
        assert sys.exc_info()[1] is None
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full") as caught:
        Survived().run_sync(on_step_complete=save)
    assert caught.value.__context__ is None


@dataclass(frozen=True)
class Frozen(Exception):
    code: int


def test_an_error_that_cannot_be_written_to_is_raised_as_it_is() -> None:
    class Fails(Flow):
        @flow.step("fail", on_error="refuse")
        def fail(self):
            raise Down

        def refuse(self, error):
            raise Frozen(3)

    lines: list[str] = []
    with pytest.raises(Frozen) as caught:
        Fails().run_sync(log=LogConfig(log_fn=lines.append))
    assert caught.value.code == 3
    assert isinstance(caught.value.__cause__, Down)
    assert any("Frozen" in line for line in lines)
