# when=True is no condition.
from typing import TypedDict

from probe import assert_type
from stepkit import Flow, flow


class When(Flow):
    @flow.step("always", when=True)
    def always(self):
        return {"a": 1}

    @flow.step("read")
    def read(self, a):
        return {"b": a}


class Out(TypedDict):
    a: int
    b: int


assert_type(When().run_sync(), Out)
