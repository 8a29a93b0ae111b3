# Two classes of the same name under a condition.
import sys
from typing import TypedDict

from probe import assert_type
from stepkit import Flow, flow


class Input(TypedDict):
    a: int


if sys.version_info >= (3, 8):

    class Calc(Flow[Input]):
        @flow.step("one")
        def one(self, a):
            return {"b": str(a)}

else:

    class Calc(Flow[Input]):
        @flow.step("one")
        def one(self, a):
            return {"b": a}


assert_type(Calc().run_sync({"a": 1})["b"], str)
