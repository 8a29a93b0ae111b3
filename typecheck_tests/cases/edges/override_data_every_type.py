# A key that changes its type on the way may be overridden with either.
from typing import TypedDict

from stepkit import Flow, flow


class Input(TypedDict):
    a: int


class Calc(Flow[Input]):
    @flow.step("one")
    def one(self, a):
        return {"a": str(a)}

    @flow.transform("two")
    def two(self, a):
        return {"b": a}


Calc().run_checkpoint_sync("", override_data={"a": 1})
Calc().run_checkpoint_sync("", override_data={"a": "x"})
Calc().run_checkpoint_sync("", override_data={"b": "x"})
Calc().run_checkpoint_sync("", override_data={"a": 1.5})  # E: [stepkit-override] "a"
