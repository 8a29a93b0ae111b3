# A breaker that skips the step while it is open makes its keys optional.
from typing import NotRequired, TypedDict

from probe import assert_type
from stepkit import CircuitBreaker, Flow, flow


class Breaker(Flow):
    @flow.step("guarded", circuit_breaker=CircuitBreaker(failure_threshold=2, cooldown=1.0, on_open="skip"))
    def guarded(self):
        return {"a": 1}

    @flow.step("read")
    def read(self, a):  # E: [stepkit-maybe-missing] step "read" reads "a" ... "guarded"
        return None


class Out(TypedDict):
    a: NotRequired[int]


assert_type(Breaker().run_sync(), Out)
