"""Errors of stepkit come out of process pools, of pickles and of copies as they went in."""

from __future__ import annotations

import asyncio
import copy
import inspect
import multiprocessing
import pickle
import threading
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime
from typing import Any

import pytest

from stepkit import Flow, errors, flow
from stepkit.errors import MissingKeyError, StepkitError, StepTimeoutError, UnknownCaseError, UnsavableValueError

CLASSES = [getattr(errors, name) for name in errors.__all__]
# What each parameter of a constructor is given here.
GIVEN: dict[str, Any] = {
    "message": "it failed",
    "problems": ("first", "second"),
    "available": ("a", "b"),
    "cases": ("a", "b"),
    "case": "c",
    "timeout": 0.5,
    "retry_after": 1.5,
    "deadline": 4e9,
    "attempt": 2,
    "size": 2000,
    "limit": 1000,
    "type": dict,
    "until": datetime(2030, 1, 1, tzinfo=UTC),
    "at": datetime(2030, 1, 1, tzinfo=UTC),
    "seq": 3,
    "older_seq": 2,
    "epoch": 1,
    "newest": 2,
    "found": 2,
    "known": 1,
}


class Waited(StepTimeoutError):
    """A user's own, with another constructor and state of its own."""

    def __init__(self, *, order: str) -> None:
        super().__init__("Orders", "wait", 0.5, 1)
        self.order = order


class BadlyMade(Exception):
    """One of those whose pickle cannot be loaded."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(f"{code}: {reason}")


def make(error_class: type[StepkitError]) -> StepkitError:
    parameters = list(inspect.signature(error_class).parameters)
    return error_class(**{name: GIVEN.get(name, f"the {name}") for name in parameters})


def pickled(error: Any) -> Any:
    return pickle.loads(pickle.dumps(error))


WAYS: list[Callable[[Any], Any]] = [pickled, copy.copy, copy.deepcopy]


def assert_same(found: BaseException, error: BaseException) -> None:
    assert (type(found), str(found), found.args) == (type(error), str(error), error.args)
    assert vars(found) == vars(error)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("error_class", [*CLASSES, Waited])
def test_every_error_survives_pickle_and_copy(error_class: type[StepkitError], way: Callable[[Any], Any]) -> None:
    error = Waited(order="7") if error_class is Waited else make(error_class)
    assert len(vars(error)) >= 1
    error.add_note("in flow Orders")
    error.__cause__ = BadlyMade(1, "it has nothing to do with the pickle")
    assert way(error) is not error
    assert_same(way(error), error)
    group = way(ExceptionGroup("all members failed", [error, ValueError("another")]))
    assert_same(group.exceptions[0], error)


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_every_protocol_of_pickle_will_do(protocol: int) -> None:
    error = MissingKeyError("Orders", "pay", "price", ["n"])
    assert_same(pickle.loads(pickle.dumps(error, protocol)), error)


def test_an_attribute_that_cannot_be_pickled_is_none_in_the_copy() -> None:
    class Local: ...

    for error in (
        UnsavableValueError("$.conn", Local, "cannot be saved", flow="Orders", step="open"),
        UnsavableValueError("$.rows", type(x for x in ()), "cannot be saved"),
    ):
        found = pickled(error)
        assert (found.type, found.path, str(found)) == (None, error.path, str(error))
        assert copy.copy(error).type is copy.deepcopy(error).type is error.type

    for case in (threading.Lock(), BadlyMade(1, "x"), lambda: None):
        unknown = UnknownCaseError("Orders", "route", case, ["a"])
        assert pickled(unknown).case is None
        assert str(pickled(unknown)) == str(unknown)
        assert copy.copy(unknown).case is case


class Slow(Flow):
    @flow.step("wait", timeout=0.01)
    async def wait(self) -> None:
        await asyncio.sleep(60)


class Broken(Flow):
    @flow.step("read")
    def read(self, price: int) -> None: ...


class Group(Flow):
    both = flow.parallel("both", mode="settled")
    slow = both.subflow(Slow)
    broken = both.subflow(Broken)


def run_flow(flow_class: type[Flow]) -> object:
    return flow_class().run_sync()


def test_an_error_comes_out_of_a_process_pool_and_the_pool_lives_on() -> None:
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        with pytest.raises(StepTimeoutError) as slow:
            pool.submit(run_flow, Slow).result(60)
        assert (slow.value.flow, slow.value.step, slow.value.timeout) == ("Slow", "wait", 0.01)
        assert slow.value.__notes__[0].startswith("run ")
        with pytest.raises(MissingKeyError) as missing:
            pool.submit(run_flow, Broken).result(60)
        assert missing.value.key == "price"
        with pytest.raises(ExceptionGroup) as group:
            pool.submit(run_flow, Group).result(60)
        assert {type(each) for each in group.value.exceptions} == {StepTimeoutError, MissingKeyError}
