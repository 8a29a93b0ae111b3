# Numbers that make no sense, of which mypy's own look at their types says nothing.
import math
from typing import Final

from stepkit import CircuitBreaker, Flow, flow

FEW: Final = -1
NEVER = CircuitBreaker(failure_threshold=0, cooldown=30)  # E(0): [stepkit-definition] one: circuit_breaker: failure_threshold


class Stop(BaseException):
    pass


class Numbers(Flow):
    @flow.step("one", retries=-1, circuit_breaker=NEVER)  # E(-1): [stepkit-definition] one: retries is a whole number from 0, not -1
    def one(self):
        return {"a": 1}

    @flow.step("two", retries=True, timeout=0)  # E(True): [stepkit-definition] two: retries # E(0): [stepkit-definition] two: timeout
    def two(self):
        return {"b": 1}

    @flow.step("three", retries=FEW, timeout=-0.5)  # E(FEW): [stepkit-definition] not -1 # E(-0.5): [stepkit-definition] three: timeout
    def three(self):
        return {"c": 1}

    @flow.transform("four", timeout=math.nan, retry_delay=float("inf"))  # E(math): [stepkit-definition] not nan # E(float): [stepkit-definition] not inf
    def four(self):
        return {"d": 1}

    group = flow.parallel("group", timeout=False)  # E(False): [stepkit-definition] group: timeout is a number of seconds over 0

    @group.step("member", retry_delay=-1)  # E(-1): [stepkit-definition] member: retry_delay is a number of seconds from 0
    def member(self):
        return {"e": 1}

    @flow.step("five", should_retry=KeyboardInterrupt)  # E(Key): [stepkit-definition] five: should_retry names "KeyboardInterrupt"
    def five(self):
        return {"f": 1}

    @flow.step("six", should_retry=(OSError, SystemExit))  # E: [stepkit-definition] six: should_retry names "SystemExit"
    def six(self):
        return {"g": 1}

    @flow.step("seven", circuit_breaker=CircuitBreaker(failure_threshold=True, cooldown=0.0))  # E(True): [stepkit-definition] seven # E(0.0): [stepkit-definition] cooldown is
    def seven(self):
        return {"h": 1}

    @flow.step("eight", thread=True)  # E(True): [stepkit-definition] eight: thread=True is for sync steps
    async def eight(self):
        return {"i": 1}


class Right(Flow, name="right", max_checkpoint_size=1):
    @flow.step("one", retries=0, timeout=None, retry_delay=0, aliases=("former", "other"))
    def one(self):
        return {"a": 1}

    @flow.step(None, retries=2, timeout=0.5, retry_delay=lambda attempt, error: attempt * 0.1, thread=True)
    def two(self):
        return {"b": 1}

    @flow.step("three", should_retry=(OSError, ValueError), thread=False, aliases=[])
    async def three(self):
        return {"c": 1}

    @flow.step("four", circuit_breaker=CircuitBreaker(failure_threshold=1, cooldown=0.1))
    def four(self):
        return {"d": 1}
