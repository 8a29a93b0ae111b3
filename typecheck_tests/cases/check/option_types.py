# Options of a step are checked as ever.
from typing import TypedDict

from stepkit import CircuitBreaker, Flow, flow


class Input(TypedDict):
    a: int


def delay(attempt: int, error: Exception) -> float:
    return attempt * 0.1


class Options(Flow[Input], log=True):
    @flow.step(
        "one",
        retries=2,
        retry_delay=delay,
        should_retry=(OSError, ValueError),
        timeout=1.5,
        circuit_breaker=CircuitBreaker(failure_threshold=3, cooldown=10),
        thread=True,
        log=False,
        aliases=("uno",),
    )
    def one(self, a):
        return {"b": a}

    @flow.step("two", retry_delay=lambda attempt, error: attempt * 0.5, should_retry=lambda error: True)
    def two(self, b):
        return {"c": b}

    @flow.step("three", on_error="ignore")  # E: [stepkit-definition] "ignore" is no plain method of the class
    def three(self, c):
        return None

    @flow.step("told-once", should_retry=("OSError",))  # E+: ncompatible type
    def told_once(self, c):
        return None

    @flow.step("four", merge="keep")  # E+: ncompatible type
    def four(self, c):
        return None
