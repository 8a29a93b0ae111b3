"""What reaches the caller when something fails."""

from __future__ import annotations

import asyncio
import dataclasses
import traceback
from typing import Any

import pytest
from notes import notes

from stepkit import Flow, LogConfig, flow
from stepkit.errors import FlowDefinitionError, MissingKeyError, StepkitError, StepOutputError


class BoomError(Exception):
    pass


BOOM = BoomError("boom")


class Fails(Flow):
    @flow.step("fine")
    def fine(self): ...

    @flow.step("bad")
    def bad(self):
        raise BoomError("boom")


class FailsLater(Flow, name="Fails"):
    @flow.step("bad")
    async def bad(self):
        await asyncio.sleep(0)
        raise BoomError("boom")


class FailsGuarded(Flow, name="Fails"):
    @flow.step("bad", retries=1, timeout=60)
    def bad(self):
        raise BoomError("boom")


@pytest.mark.parametrize("flow_class", [Fails, FailsLater, FailsGuarded])
@pytest.mark.parametrize("listened", [False, True])
def test_an_exception_reaches_the_caller_as_it_was_raised_with_a_note(flow_class: Any, listened: bool) -> None:
    arguments: dict[str, Any] = {"on_step_complete": lambda event: None} if listened else {}
    with pytest.raises(BoomError) as caught:
        flow_class().run_sync(**arguments)
    with pytest.raises(BoomError) as caught_async:
        asyncio.run(flow_class().run(**arguments))
    for error in (caught.value, caught_async.value):
        assert type(error) is BoomError
        assert error.args == ("boom",)
        assert error.__cause__ is None
        assert error.__context__ is None
        assert notes(error) == ['in flow Fails, step "bad", run ...']
        assert traceback.extract_tb(error.__traceback__)[-1].name == "bad"


def test_an_exception_that_is_raised_again_and_again_has_one_note() -> None:
    class Again(Flow):
        @flow.step(retries=3)
        def raise_the_same(self):
            raise BOOM

    for _ in range(2):
        with pytest.raises(BoomError) as caught:
            Again().run_sync()
        assert caught.value is BOOM
        assert notes(caught.value) == ['in flow Again, step "raise_the_same", run ...']


def test_an_exception_that_two_flows_raise_names_both() -> None:
    shared = BoomError("shared")

    class One(Flow):
        @flow.step
        def first(self):
            raise shared

    class Two(Flow):
        @flow.step
        def second(self):
            One().run_sync()

    with pytest.raises(BoomError):
        Two().run_sync()
    assert notes(shared) == ['in flow One, step "first", run ...', 'in flow Two, step "second", run ...']


def test_an_exception_inside_a_nested_flow_names_the_whole_path_once() -> None:
    class Outer(Flow):
        nested = flow.subflow("nested", Fails)

    with pytest.raises(BoomError) as caught:
        Outer().run_sync()
    assert notes(caught.value) == ['in flow Outer, step "nested/bad", run ...']


def test_an_error_from_a_resumed_run_has_the_note_too() -> None:
    seen: list[str] = []
    with pytest.raises(BoomError):
        Fails().run_sync(on_step_complete=lambda event: seen.append(event.checkpoint))
    with pytest.raises(BoomError) as caught:
        Fails().run_checkpoint_sync(seen[0])
    assert notes(caught.value) == ['in flow Fails, step "bad", run ...']


class Reads(Flow):
    @flow.step("first")
    def first(self, total: int):
        return {"a": total}

    @flow.step("second")
    async def second(self, zum: int):
        return {"b": zum}


GIVE_IT = "Give the key in the input or in an earlier step, or give the parameter a default."


@pytest.mark.parametrize(
    ("given", "step", "key", "has"),
    [
        ({}, "first", "total", "it has nothing."),
        ({"totla": 1, "x": 2}, "first", "total", 'it has "totla", "x"; did you mean "totla"?'),
        ({"total": 1, "sum": 2}, "second", "zum", 'it has "total", "sum", "a"; did you mean "sum"?'),
        (
            {"total": 1, **{f"key-{number}": 0 for number in range(20)}},
            "second",
            "zum",
            'it has "total", ' + ", ".join(f'"key-{number}"' for number in range(11)) + ", and 10 more.",
        ),
    ],
)
@pytest.mark.parametrize("listened", [False, True])
@pytest.mark.in_one_piece
def test_a_missing_key_is_told_with_the_step_that_reads_it(
    given: dict[str, Any], step: str, key: str, has: str, listened: bool
) -> None:
    arguments: dict[str, Any] = {"on_step_complete": lambda event: None} if listened else {}
    with pytest.raises(MissingKeyError) as caught:
        Reads().run_sync(given, **arguments)
    error = caught.value
    assert str(error) == f'flow Reads: step "{step}" reads "{key}", which the context does not have; {has} {GIVE_IT}'
    assert (error.flow, error.step, error.key) == ("Reads", step, key)
    assert isinstance(error, KeyError)


def test_a_steps_own_key_error_is_not_taken_for_a_missing_key() -> None:
    class Lookup(Flow):
        @flow.step
        def look(self, table):
            return {"found": table["nothing"]}

    with pytest.raises(KeyError) as caught:
        Lookup().run_sync({"table": {}})
    assert type(caught.value) is KeyError
    assert caught.value.args == ("nothing",)


def test_a_step_is_not_called_before_all_its_keys_are_there() -> None:
    called: list[str] = []

    class Strict(Flow):
        @flow.step
        def strict(self, a, b, c):
            called.append("strict")

    with pytest.raises(MissingKeyError, match='reads "b"'):
        Strict().run_sync({"a": 1})
    assert called == []


@pytest.mark.parametrize(
    ("returned", "problem"),
    [
        (5, "returned int; return a mapping with string keys, or None"),
        ([("a", 1)], "returned list; return a mapping with string keys, or None"),
        ("ab", "returned str; return a mapping with string keys, or None"),
        (False, "returned bool; return a mapping with string keys, or None"),
        ({1: 2}, "returned a mapping with a key of type int; return a mapping with string keys, or None"),
        (
            {"a": 1, None: 2},
            "returned a mapping with a key of type NoneType; return a mapping with string keys, or None",
        ),
        ({b"a": 1}, "returned a mapping with a key of type bytes; return a mapping with string keys, or None"),
    ],
    ids=repr,
)
def test_a_return_that_is_no_mapping_with_string_keys(returned: Any, problem: str) -> None:
    class Returns(Flow):
        @flow.step("give", retries=2)
        def give(self):
            return returned

    class ReturnsLater(Flow, name="Returns"):
        @flow.step("give")
        async def give(self):
            return returned

    for flow_class in (Returns, ReturnsLater):
        with pytest.raises(StepOutputError) as caught:
            flow_class().run_sync()
        assert str(caught.value) == f'flow Returns: step "give" {problem}'
        assert notes(caught.value) == ["run ..."]  # it names the flow and the step itself


@pytest.mark.parametrize(
    ("returned", "problem"),
    [
        (None, "returned None; a transform returns the mapping that becomes the whole context"),
        (5, "returned int; return a mapping with string keys"),
        ({1: 2}, "returned a mapping with a key of type int; return a mapping with string keys"),
    ],
)
def test_a_transform_that_gives_no_context(returned: Any, problem: str) -> None:
    class Returns(Flow):
        @flow.transform("give")
        def give(self):
            return returned

    with pytest.raises(StepOutputError) as caught:
        Returns().run_sync({"a": 1})
    assert str(caught.value) == f'flow Returns: step "give" {problem}'


def test_mistakes_of_the_flow_are_not_retried() -> None:
    calls: list[str] = []

    class Wrong(Flow):
        @flow.step(retries=5)
        def wrong(self):
            calls.append("wrong")
            return 5

    with pytest.raises(StepOutputError):
        Wrong().run_sync()
    assert calls == ["wrong"]


def test_every_error_of_the_library_is_a_stepkit_error_and_a_builtin_one() -> None:
    assert issubclass(MissingKeyError, (StepkitError, KeyError))
    assert issubclass(StepOutputError, TypeError)


@pytest.mark.parametrize("options", [{}, {"retries": 1}, {"timeout": 60}])
def test_stop_iteration_from_a_step_is_a_runtime_error_as_in_every_coroutine(options: dict[str, Any]) -> None:
    told: list[str] = []

    class Stops(Flow):
        @flow.step(**options)
        def stop(self):
            raise StopIteration("value")

        @flow.step
        def after(self): ...

    def on_step_error(step: str, error: Exception) -> None:
        told.append(type(error).__name__)

    for run in (Stops().run_sync, lambda **callbacks: asyncio.run(Stops().run(**callbacks))):
        told.clear()
        with pytest.raises(RuntimeError, match="raised StopIteration") as caught:
            run(on_step_error=on_step_error)
        assert isinstance(caught.value.__cause__, StopIteration)
        assert notes(caught.value) == ['in flow Stops, step "stop", run ...']
        assert set(told) == {"RuntimeError"}


def test_an_exception_group_from_a_step_reaches_the_caller_whole() -> None:
    group = ExceptionGroup("two", [BoomError(1), ValueError(2)])

    class Groups(Flow):
        @flow.step
        async def fail(self):
            raise group

    with pytest.raises(ExceptionGroup) as caught:
        Groups().run_sync()
    assert caught.value is group
    assert notes(caught.value) == ['in flow Groups, step "fail", run ...']


def test_an_error_that_takes_no_note_still_reaches_the_caller() -> None:
    @dataclasses.dataclass(frozen=True)
    class Frozen(Exception):
        code: int

    class Raises(Flow):
        @flow.step
        def fail(self):
            raise Frozen(5)

    with pytest.raises(Frozen) as caught:
        Raises().run_sync()
    assert caught.value.code == 5


def test_the_base_class_itself_is_no_flow_to_run() -> None:
    with pytest.raises(FlowDefinitionError) as raised:
        Flow[Any, Any]().run_sync()
    assert "it is the base of all flows and has no steps; derive a class from it" in str(raised.value)


def test_a_callback_that_is_no_function_is_refused_before_any_step() -> None:
    ran: list[str] = []

    class One(Flow):
        @flow.step
        def one(self) -> None:
            ran.append("one")

    with pytest.raises(TypeError) as raised:
        One().run_sync(on_step_complete=3)  # type: ignore[arg-type]
    assert "on_step_complete(event) is a function, sync or async, not int" == str(raised.value)
    assert [] == ran


def test_the_log_of_a_failed_run_names_the_innermost_step_that_failed() -> None:
    lines: list[str] = []

    class Inner(Flow):
        @flow.step
        def fails(self) -> None:
            raise ValueError("no")

    class Outer(Flow):
        inner = flow.subflow("inner", Inner)

    with pytest.raises(ValueError):
        Outer().run_sync(log=LogConfig(log_fn=lines.append))
    assert any("failed" in line and "inner/fails" in line for line in lines[-1:]), lines
