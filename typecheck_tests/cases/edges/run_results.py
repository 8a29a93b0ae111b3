# What run, run_sync, run_checkpoint and run_checkpoint_sync give.
from typing import TypedDict

from probe import assert_type
from stepkit import Checkpoint, Flow, flow


class Input(TypedDict):
    a: int


class Calc(Flow[Input]):
    @flow.step("one")
    def one(self, a):
        return {"b": str(a)}


class Out(TypedDict):
    a: int
    b: str


async def main(checkpoint: str, raw: bytes, taken: Checkpoint) -> None:
    calc = Calc()
    assert_type(await calc.run({"a": 1}), Out)
    assert_type(await calc.run_checkpoint(checkpoint), Out)
    assert_type(await calc.run_checkpoint(raw, log=True), Out)
    assert_type(calc.run_sync({"a": 1}), Out)
    assert_type(calc.run_checkpoint_sync(checkpoint), Out)
    result = calc.run_sync({"a": 1})
    result["b"].upper()
    result["zum"]  # E: "zum"
    result["b"] + 1  # E: [operator]
