"""The circuit breaker: its states by a clock that the test sets, and what counts as a failure."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
import stepping
from boom import Boom
from failing_service import Clock, Service, make, outcome

from stepkit import CircuitBreaker, Flow, flow
from stepkit.errors import CircuitOpenError, MissingKeyError
from stepkit.runtime.breaker import Breaker


def test_it_opens_after_failures_in_a_row_lets_one_probe_pass_after_the_cooldown_and_closes_with_its_success() -> None:
    clock, service = Clock(), Service(down=True)
    Calls = make(clock)
    breaker = Calls.circuit_breaker("call")
    seen = []
    for step in [
        "fail",
        "fail",
        "open",
        "open",
        "wait 9.9",
        "open",
        "wait 0.1",
        "probe fails",
        "open",
        "wait 10",
        "probe",
        "ok",
    ]:
        if step.startswith("wait"):
            clock.now += float(step.split()[1])
            seen.append((step, None, breaker.state, breaker.failures))
            continue
        service.down = step not in ("probe", "ok")
        result = outcome(Calls(service))
        seen.append((step, result, breaker.state, breaker.failures))
    assert seen == [
        ("fail", Boom, "closed", 1),
        ("fail", Boom, "open", 2),
        ("open", CircuitOpenError, "open", 2),
        ("open", CircuitOpenError, "open", 2),
        ("wait 9.9", None, "open", 2),
        ("open", CircuitOpenError, "open", 2),
        ("wait 0.1", None, "half-open", 2),
        ("probe fails", Boom, "open", 3),
        ("open", CircuitOpenError, "open", 3),
        ("wait 10", None, "half-open", 3),
        ("probe", {"calls": 4}, "closed", 0),
        ("ok", {"calls": 5}, "closed", 0),
    ]


def test_a_success_in_between_starts_the_count_anew() -> None:
    service = Service()
    Calls = make(Clock())
    for down in [True, False, True, False, True]:
        service.down = down
        outcome(Calls(service))
    assert Calls.circuit_breaker("call").state == "closed"
    assert Calls.circuit_breaker("call").failures == 1


def test_the_error_says_which_step_and_when_to_come_back() -> None:
    clock, service = Clock(), Service(down=True)
    Calls = make(clock)

    class Around(Flow):
        inner = flow.subflow("inner", lambda self: Calls(service))

    outcome(Around())
    outcome(Around())
    clock.now += 2.5
    with pytest.raises(CircuitOpenError) as caught:
        Around().run_sync()
    assert (caught.value.flow, caught.value.step, caught.value.retry_after) == ("Around", "inner/call", 7.5)
    assert str(caught.value) == (
        'flow Around: step "inner/call" was not called: its circuit breaker is open; '
        "the next probe is let through in 7.5 s"
    )


def test_a_step_whose_breaker_is_open_can_be_skipped() -> None:
    service = Service(down=True)
    Calls = make(Clock(), on_open="skip")
    told: list[str] = []
    completed: list[str] = []

    def run() -> Any:
        return Calls(service).run_sync(
            on_step_error=lambda step, error: told.append(step),
            on_step_complete=lambda event: completed.append(event.step_name),
        )

    for _ in range(2):
        with pytest.raises(Boom):
            run()
    assert run() == {}
    assert service.calls == 2
    assert told == ["call", "call"]
    assert completed == []


@pytest.mark.parametrize("on_error", ["continue", "skip-remaining"])
def test_an_open_breaker_is_a_failure_under_every_error_policy(on_error: Any) -> None:
    service = Service(down=True)
    Calls = make(Clock(), on_error=on_error)
    told: list[type] = []
    for _ in range(3):
        assert Calls(service).run_sync(on_step_error=lambda step, error: told.append(type(error))) == {}
    assert told == [Boom, Boom, CircuitOpenError]


def test_it_can_be_read_and_reset() -> None:
    service = Service(down=True)
    Calls = make(Clock())
    outcome(Calls(service))
    outcome(Calls(service))
    assert repr(Calls.circuit_breaker("call")) == "<Breaker open, 2 failures>"
    assert Calls.circuit_breaker("call").retry_after == 10.0
    Calls.circuit_breaker("call").reset()
    assert repr(Calls.circuit_breaker("call")) == "<Breaker closed, 0 failures>"
    assert Calls.circuit_breaker("call").retry_after == 0.0
    service.down = False
    assert outcome(Calls(service)) == {"calls": 3}


def test_a_step_without_a_breaker_is_said_so() -> None:
    class Plain(Flow):
        @flow.step("plain")
        def plain(self):
            return {}

    with pytest.raises(LookupError, match='flow Plain: no step "plain" with a circuit breaker; the steps are "plain"'):
        Plain.circuit_breaker("plain")


def test_it_runs_by_a_clock_that_never_goes_back() -> None:
    import time

    assert make().circuit_breaker("call").clock is time.monotonic


# What counts


def test_mistakes_of_the_flow_and_cancellations_do_not_count() -> None:
    class Calls(Flow):
        @flow.step("call", circuit_breaker=CircuitBreaker(failure_threshold=1, cooldown=10))
        async def call(self, wait):
            try:
                await asyncio.sleep(100)
            except asyncio.CancelledError:
                if wait == "and fail":
                    raise Boom from None
                raise

    async def work() -> None:
        for _ in range(3):
            with pytest.raises(MissingKeyError):
                await Calls().run({})
            for wait in ("and end", "and fail"):
                task = asyncio.ensure_future(Calls().run({"wait": wait}))
                await asyncio.sleep(1)
                task.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await task

    stepping.run(work())
    assert Calls.circuit_breaker("call").failures == 0


def test_a_timeout_counts() -> None:
    class Calls(Flow):
        @flow.step("call", circuit_breaker=CircuitBreaker(failure_threshold=1, cooldown=10), timeout=1)
        async def call(self):
            await asyncio.sleep(100)

    with pytest.raises(TimeoutError):
        stepping.run(Calls().run())
    assert Calls.circuit_breaker("call").state == "open"


def test_each_attempt_counts_and_an_open_breaker_ends_the_retries_with_the_error_of_the_step() -> None:
    service, told = Service(down=True), []
    Calls = make(Clock(), retries=5)
    with pytest.raises(Boom, match="2"):
        Calls(service).run_sync(on_step_error=lambda step, error: told.append(str(error)))
    assert service.calls == 2
    assert told == ["1", "2"]


def test_retries_go_on_where_the_delay_outlasts_the_cooldown() -> None:
    service = Service(down=True)
    Calls = make(retries=3, retry_delay=10.0)

    async def work() -> None:
        Calls.circuit_breaker("call").clock = asyncio.get_running_loop().time
        with pytest.raises(Boom):
            await Calls(service).run()

    stepping.run(work())
    assert service.calls == 4


@pytest.mark.parametrize("on_open", ["raise", "skip"])
def test_a_breaker_that_others_open_during_a_delay_ends_the_retries_too(on_open: str) -> None:
    service, told = Service(down=True), []
    Calls = make(retries=5, retry_delay=5.0, on_open=on_open)

    async def first() -> object:
        try:
            return await Calls(service).run(on_step_error=lambda step, error: told.append(type(error)))
        except CircuitOpenError as error:
            assert isinstance(error.__cause__, Boom)
            return CircuitOpenError

    async def work() -> object:
        Calls.circuit_breaker("call").clock = asyncio.get_running_loop().time
        task = asyncio.ensure_future(first())
        await asyncio.sleep(1)
        with pytest.raises(Boom):
            await Calls(service).run()
        return await task

    assert stepping.run(work()) == (CircuitOpenError if on_open == "raise" else {})
    assert service.calls == 2
    assert told == ([Boom, CircuitOpenError] if on_open == "raise" else [Boom])


def test_a_probe_that_is_cancelled_leaves_its_place_to_the_next() -> None:
    class Calls(Flow):
        @flow.step("call", circuit_breaker=CircuitBreaker(failure_threshold=1, cooldown=10))
        async def call(self, behave):
            if behave == "fail":
                raise Boom
            await asyncio.sleep(100 if behave == "hang" else 0)
            return {}

    async def work() -> None:
        breaker = Calls.circuit_breaker("call")
        breaker.clock = asyncio.get_running_loop().time
        with pytest.raises(Boom):
            await Calls().run({"behave": "fail"})
        await asyncio.sleep(10)
        probe = asyncio.ensure_future(Calls().run({"behave": "hang"}))
        await asyncio.sleep(1)
        with pytest.raises(CircuitOpenError, match="its circuit breaker is open; a probe is under way"):
            await Calls().run({"behave": "ok"})
        probe.cancel()
        with pytest.raises(asyncio.CancelledError):
            await probe
        assert breaker.state == "half-open"
        await Calls().run({"behave": "ok"})
        assert breaker.state == "closed"

    stepping.run(work())


def test_a_call_from_before_the_breaker_opened_neither_closes_it_nor_keeps_it_open() -> None:
    breaker = Breaker(CircuitBreaker(failure_threshold=1, cooldown=10), Clock())
    early, late, last = breaker.enter(), breaker.enter(), breaker.enter()
    breaker.failed(early)
    breaker.succeeded(late)
    assert breaker.state == "open"
    breaker.failed(last)
    assert breaker.failures == 1


def test_a_probe_from_before_a_reset_says_nothing_about_the_next_probe() -> None:
    clock = Clock()
    breaker = Breaker(CircuitBreaker(failure_threshold=1, cooldown=10), clock)
    breaker.failed(breaker.enter())
    clock.now += 10
    old = breaker.enter()
    breaker.reset()
    breaker.failed(breaker.enter())
    clock.now += 10
    new = breaker.enter()
    breaker.succeeded(old)
    assert breaker.state == "half-open"
    assert breaker.enter() is None
    breaker.succeeded(new)
    assert breaker.state == "closed"
