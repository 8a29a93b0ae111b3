# override_data takes any key that some step may see, each optional.
from typing import TypedDict

from stepkit import Flow, flow


class Input(TypedDict):
    a: int


class Calc(Flow[Input]):
    @flow.step("one")
    def one(self, a):
        return {"b": str(a)}

    @flow.step("two")
    def two(self, b):
        return {"c": [b]}


async def main(checkpoint: str) -> None:
    calc = Calc()
    await calc.run_checkpoint(checkpoint, override_data={"a": 2})
    await calc.run_checkpoint(checkpoint, override_data={"b": "x", "c": ["y"]})
    await calc.run_checkpoint(checkpoint, override_data={})
    await calc.run_checkpoint(checkpoint, override_data=None)
    await calc.run_checkpoint(checkpoint, override_data={"zum": 1})  # E: [stepkit-override] "zum"
    await calc.run_checkpoint(checkpoint, override_data={"a": "x"})  # E: [stepkit-override] "a" ... "int"
    calc.run_checkpoint_sync(checkpoint, override_data={"b": 1})  # E: [stepkit-override] "b" ... "str"
    calc.run_checkpoint_sync(checkpoint, override_data={"b": "1"})
