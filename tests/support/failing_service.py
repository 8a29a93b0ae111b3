"""A service that fails when it is told to, behind a circuit breaker with a clock that the test sets."""

from __future__ import annotations

from typing import Any

from boom import Boom

from stepkit import CircuitBreaker, Flow, flow


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Service:
    """Something outside that can be down."""

    def __init__(self, down: bool = False) -> None:
        self.down = down
        self.calls = 0

    def call(self) -> int:
        self.calls += 1
        if self.down:
            raise Boom(str(self.calls))
        return self.calls


def make(clock: Clock | None = None, **options: Any) -> type[Flow]:
    """A flow that calls ``self.service`` behind a breaker: two failures open it for ten seconds."""
    limits = {"failure_threshold": 2, "cooldown": 10.0, "on_open": options.pop("on_open", "raise")}

    class Calls(Flow):
        def __init__(self, service: Service) -> None:
            self.service = service

        @flow.step("call", circuit_breaker=CircuitBreaker(**limits), **options)
        def call(self):
            return {"calls": self.service.call()}

    if clock is not None:
        Calls.circuit_breaker("call").clock = clock
    return Calls


def outcome(owner: Flow) -> object:
    try:
        return owner.run_sync()
    except Exception as error:
        return type(error)
