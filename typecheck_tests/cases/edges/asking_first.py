# What is asked of a flow without running it: its class and its instances have the same methods, and steps may hide two.
from typing import TypedDict

from probe import assert_type
from stepkit import Flow, flow
from stepkit.errors import ResumeRefusedError


class Input(TypedDict):
    a: int




class Calc(Flow[Input], validate_input=True):
    @flow.step("one")
    def one(self, a):
        return {"b": str(a)}

    @flow.step("two")
    def two(self, b):
        return {"c": [b]}


class Hides(Flow[Input]):
    @flow.step("load")
    def load(self, a: int):
        return {"b": str(a)}

    @flow.step("check")
    def check(self, b):
        return {"c": [b]}


def main(checkpoint: str) -> None:
    Calc().start_checkpoint({"a": 1}, run_id="r")
    Calc.start_checkpoint({"a": 1})
    Calc.start_checkpoint({"a": "1"})  # E+: ncompatible type
    Calc().start_checkpoint({})  # E+: Input
    Calc.start_checkpoint()  # E: [call-arg] "input"
    assert_type(Calc().start_checkpoint({"a": 1}), str)

    Calc().check(checkpoint)
    assert_type(Calc.check(checkpoint), ResumeRefusedError | None)
    Calc.check(checkpoint, {"b": "x"})
    Calc().check(checkpoint, override_data={"zum": 1})  # E: [stepkit-override] "zum"
    Calc.check(checkpoint, {"a": "x"})  # E: [stepkit-override] "a" ... "int"
    Calc.check(5)  # E: [arg-type] "int"

    context = Calc.load(checkpoint)
    assert_type(context["a"], int)
    assert_type(context.get("b"), str | None)
    assert_type(Calc().load(checkpoint).get("c"), list[str] | None)
    context["zum"]  # E: [misc] "zum"
    Calc.load(5)  # E: [arg-type] "int"

    assert_type(Hides().load(a=1)["b"], str)
    assert_type(Hides().check(b="x")["c"], list[str])
