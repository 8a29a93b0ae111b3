"""Delays that grow, times as ``timedelta``, and what a class says of the retries, timeouts and threads of its steps."""

from __future__ import annotations

import math
import pickle
import threading
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stepkit import CircuitBreaker, Flow, flow
from stepkit.errors import FlowDefinitionError, StepTimeoutError


def test_exponential_delays_double_up_to_the_maximum() -> None:
    delay = flow.exponential(initial=0.5, factor=2, maximum=3, jitter=False)
    assert [delay(attempt, OSError()) for attempt in range(1, 6)] == [0.5, 1.0, 2.0, 3.0, 3.0]
    assert delay(10_000, OSError()) == 3.0  # too large for a float


@given(st.integers(1, 100))
def test_jitter_leaves_between_a_half_and_the_whole(attempt: int) -> None:
    whole = flow.exponential(jitter=False)(attempt, OSError())
    assert whole / 2 <= flow.exponential()(attempt, OSError()) <= whole
    assert 0.5 <= flow.fixed(1)(attempt, OSError()) <= 1


def test_a_fixed_delay_is_always_the_same() -> None:
    delay = flow.fixed(timedelta(milliseconds=250), jitter=False)
    assert [delay(attempt, OSError()) for attempt in (1, 2, 3)] == [0.25] * 3


def test_a_backoff_can_be_compared_printed_and_pickled() -> None:
    assert flow.exponential(initial=1) == flow.exponential(initial=1) != flow.exponential()
    assert "initial=1" in repr(flow.exponential(initial=1))
    assert pickle.loads(pickle.dumps(flow.fixed(1))) == flow.fixed(1)


@pytest.mark.parametrize(
    ("delay", "said"),
    [
        (flow.exponential(initial=-1), "initial is a number of seconds from 0 or a timedelta, not -1"),
        (flow.exponential(maximum=math.nan), "maximum is a number of seconds"),
        (flow.exponential(factor=0.5), "factor is a finite number from 1, not 0.5"),
        (flow.exponential(factor=True), "factor is a finite number from 1, not True"),
        (flow.fixed(timedelta(seconds=-1)), "initial is a number of seconds"),
        (timedelta(seconds=-1), "retry_delay is a number of seconds from 0, a timedelta, or a function"),
    ],
)
def test_numbers_that_make_no_sense_are_found_when_the_class_is_created(delay: Any, said: str) -> None:
    with pytest.raises(FlowDefinitionError, match=said):

        class _(Flow):
            @flow.step(retries=1, retry_delay=delay)
            def fetch(self):
                return {}


def test_retries_wait_as_the_backoff_says() -> None:
    class Fetch(Flow):
        @flow.step(retries=3, retry_delay=flow.exponential(initial=0.001, maximum=timedelta(milliseconds=2)))
        def fetch(self):
            if flow.current().attempt < 4:
                raise ConnectionError
            return {"attempts": flow.current().attempt}

    assert Fetch().run_sync() == {"attempts": 4}


def test_a_function_may_give_a_timedelta() -> None:
    class Fetch(Flow):
        @flow.step(retries=1, retry_delay=lambda attempt, error: timedelta(0))
        def fetch(self):
            if flow.current().attempt == 1:
                raise ConnectionError
            return {"done": True}

    assert Fetch().run_sync() == {"done": True}


def test_times_may_be_timedeltas() -> None:
    class Timed(Flow):
        @flow.step(
            timeout=timedelta(milliseconds=500),
            retry_delay=timedelta(seconds=2),
            circuit_breaker=CircuitBreaker(failure_threshold=1, cooldown=timedelta(minutes=1)),
        )
        def work(self):
            return {}

    (row,) = Timed.describe()
    assert (row["timeout"], row["circuit_breaker"]["cooldown"]) == (0.5, 60.0)
    assert Timed.__stepkit_table__.steps[0].retry_delay == 2.0
    assert Timed.circuit_breaker("work").cooldown == 60.0


def options_of(cls: type[Flow[Any]]) -> dict[str, tuple[Any, ...]]:
    rows = [inner for row in cls.__stepkit_table__.steps for inner in (row, *row.members)]
    return {row.attribute: (row.retries, row.timeout, row.thread) for row in rows}


class Inner(Flow):
    @flow.step
    def read(self):
        return {"thread": threading.current_thread() is not threading.main_thread()}


class Usual(Flow, retries=2, timeout=timedelta(seconds=9), thread=True):
    @flow.step
    def plain(self):
        return {}

    @flow.step(retries=0, timeout=math.inf, thread=False)
    def bare(self):
        return {}

    @flow.step
    async def awaited(self):
        return {}

    nested = flow.subflow("nested", Inner)
    both = flow.parallel("both")

    @both.step
    def member(self):
        return {}

    @flow.branch("route", cases={"inner": Inner})
    def route(self):
        return None


def test_a_class_says_what_its_steps_have_where_they_say_nothing() -> None:
    assert options_of(Usual) == {
        "plain": (2, 9.0, True),
        "bare": (0, None, False),
        "awaited": (2, 9.0, False),
        "nested": (0, None, False),
        "both": (0, None, False),
        "member": (2, 9.0, True),
        "route": (0, None, False),
    }


def test_a_subclass_inherits_the_keywords_and_may_change_them() -> None:
    class Changed(Usual, retries=5):
        @flow.step
        def more(self):
            return {}

    assert options_of(Changed)["plain"] == (5, 9.0, True)
    assert options_of(Changed)["more"] == (5, 9.0, True)
    assert options_of(Usual)["plain"] == (2, 9.0, True)


def test_sync_steps_of_a_threaded_flow_run_in_threads() -> None:
    class Threaded(Inner, thread=True): ...

    assert Inner().run_sync() == {"thread": False}
    assert Threaded().run_sync() == {"thread": True}


def test_the_timeout_of_the_class_counts() -> None:
    class Slow(Flow, timeout=0.01):
        @flow.step
        def wait(self):
            threading.Event().wait(2)

    with pytest.raises(StepTimeoutError):
        Slow().run_sync()


@pytest.mark.parametrize(
    ("keywords", "said"),
    [
        ({"retries": -1}, "retries is a whole number from 0, not -1"),
        ({"retries": True}, "retries is a whole number from 0, not True"),
        ({"timeout": 0}, "timeout is a number of seconds over 0, or a timedelta, not 0"),
        ({"timeout": math.nan}, "timeout is a number of seconds over 0"),
        ({"thread": "yes"}, "thread is True or False, not 'yes'"),
    ],
)
def test_keywords_that_make_no_sense_are_found_when_the_class_is_created(keywords: dict[str, Any], said: str) -> None:
    with pytest.raises(FlowDefinitionError, match=said):
        type("Wrong", (Flow,), {}, **keywords)
