# A timeout raises, and retries try again: neither makes a key optional.
from typing import TypedDict

from probe import assert_type
from stepkit import CircuitBreaker, Flow, flow


class Patient(Flow):
    @flow.step("slow", timeout=1.0, retries=3, retry_delay=0.1, thread=True)
    def slow(self):
        return {"a": 1}

    @flow.step("guarded", circuit_breaker=CircuitBreaker(failure_threshold=2, cooldown=1.0))
    def guarded(self):
        return {"b": 1}

    @flow.step("raises", circuit_breaker=CircuitBreaker(failure_threshold=2, cooldown=1.0, on_open="raise"))
    def raises(self, a, b):
        return {"c": 1}


class Out(TypedDict):
    a: int
    b: int
    c: int


assert_type(Patient().run_sync(), Out)
