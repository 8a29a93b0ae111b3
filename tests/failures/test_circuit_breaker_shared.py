"""Who shares a circuit breaker, and its one probe among many threads and tasks."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest
import stepping
from boom import Boom
from failing_service import Clock, Service, make, outcome

from stepkit import CircuitBreaker, Flow, flow
from stepkit.errors import CircuitOpenError

# Who shares one


def test_all_runs_and_instances_of_a_class_share_a_breaker_and_a_subclass_has_its_own() -> None:
    service = Service(down=True)
    Calls = make(Clock())

    class Sub(Calls):  # type: ignore[misc, valid-type]
        pass

    outcome(Calls(service))
    outcome(Calls(Service(down=True)))
    assert Calls.circuit_breaker("call").state == "open"
    assert Sub.circuit_breaker("call").state == "closed"
    assert outcome(Sub(Service())) == {"calls": 1}


def test_two_steps_have_a_breaker_each() -> None:
    breaker = CircuitBreaker(failure_threshold=1, cooldown=10)

    class Two(Flow):
        @flow.step("one", circuit_breaker=breaker, on_error="continue")
        def one(self):
            raise Boom

        @flow.step("two", circuit_breaker=breaker)
        def two(self):
            return {"two": 2}

    assert Two().run_sync() == {"two": 2}
    assert (Two.circuit_breaker("one").state, Two.circuit_breaker("two").state) == ("open", "closed")


def test_members_and_containers_have_breakers_too() -> None:
    breaker = CircuitBreaker(failure_threshold=1, cooldown=10)

    class Inner(Flow):
        @flow.step("fail")
        def fail(self):
            raise Boom

    class Holds(Flow):
        group = flow.parallel("group", mode="settled", circuit_breaker=breaker)

        @group.step("member", circuit_breaker=breaker)
        async def member(self):
            raise Boom

        @group.step("other")
        async def other(self):
            return {"other": True}

        nested = flow.subflow("nested", Inner, circuit_breaker=breaker, on_error="continue")

        @flow.branch("route", cases={"case": Inner}, circuit_breaker=breaker, on_error="continue")
        def route(self):
            return "case"

    assert stepping.run(Holds().run()) == {"other": True}
    names = ["group", "group/member", "nested", "route"]
    assert [Holds.circuit_breaker(name).state for name in names] == ["closed", "open", "open", "open"]


def test_a_flow_nested_in_two_others_has_one_breaker() -> None:
    service = Service(down=True)
    Calls = make(Clock())

    class A(Flow):
        inner = flow.subflow("inner", lambda self: Calls(service))

    class B(Flow):
        inner = flow.subflow("inner", lambda self: Calls(service))

    outcome(A())
    outcome(B())
    assert Calls.circuit_breaker("call").state == "open"


def test_threads_that_use_a_class_for_the_first_time_at_once_share_its_breaker() -> None:
    class Calls(Flow):
        @flow.step("call", circuit_breaker=CircuitBreaker(failure_threshold=1000, cooldown=10), on_error="continue")
        def call(self):
            raise Boom

    in_threads(16, lambda number: Calls().run_sync())
    assert Calls.circuit_breaker("call").failures == 16


# One probe


def in_threads(count: int, work: Any) -> list[Any]:
    """Call ``work(number)`` in threads that start together; what they gave."""
    barrier, results = threading.Barrier(count), [None] * count

    def start(number: int) -> None:
        barrier.wait(stepping.PATIENCE)
        try:
            results[number] = work(number)
        except Exception as error:
            results[number] = type(error)  # type: ignore[call-overload]

    threads = [threading.Thread(target=start, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(stepping.PATIENCE)
    return results


@pytest.mark.parametrize("succeeds", [True, False])
def test_of_many_threads_exactly_one_is_the_probe(succeeds: bool) -> None:
    clock = Clock()
    inside, others_done = threading.Lock(), threading.Semaphore(0)
    probes: list[int] = []

    class Calls(Flow):
        @flow.step("call", circuit_breaker=CircuitBreaker(failure_threshold=1, cooldown=10))
        def call(self, opens):
            if opens:
                raise Boom
            assert inside.acquire(blocking=False)
            probes.append(1)
            for _ in range(15):  # until all others were refused
                assert others_done.acquire(timeout=stepping.PATIENCE)
            inside.release()
            if not succeeds:
                raise Boom
            return {"probe": True}

    breaker = Calls.circuit_breaker("call")
    breaker.clock = clock
    for _ in range(5):
        probes.clear()
        breaker.reset()
        assert in_threads(1, lambda number: Calls().run_sync({"opens": True})) == [Boom]
        clock.now += 10

        def run(number: int) -> Any:
            try:
                return Calls().run_sync({"opens": False})
            except CircuitOpenError:
                others_done.release()
                raise

        results = in_threads(16, run)
        assert results.count(CircuitOpenError) == 15
        assert len(probes) == 1
        assert breaker.state == ("closed" if succeeds else "open")


@pytest.mark.parametrize("succeeds", [True, False])
def test_of_many_tasks_exactly_one_is_the_probe(succeeds: bool) -> None:
    calls: list[float] = []

    class Calls(Flow):
        @flow.step("call", circuit_breaker=CircuitBreaker(failure_threshold=1, cooldown=10))
        async def call(self, opens):
            calls.append(asyncio.get_running_loop().time())
            await asyncio.sleep(1)
            if opens or not succeeds:
                raise Boom
            return {"done": True}

    async def work() -> list[Any]:
        Calls.circuit_breaker("call").clock = asyncio.get_running_loop().time
        with pytest.raises(Boom):
            await Calls().run({"opens": True})
        await asyncio.sleep(10)
        calls.clear()
        return await asyncio.gather(*(Calls().run({"opens": False}) for _ in range(50)), return_exceptions=True)

    results = stepping.run(work())
    assert calls == [11.0]
    assert [type(result) for result in results].count(CircuitOpenError) == 49
    assert Calls.circuit_breaker("call").state == ("closed" if succeeds else "open")
