# A step called directly is the plain method: parameters and result are known.
from typing import TypedDict

from probe import assert_type
from stepkit import Flow, flow


class Input(TypedDict):
    a: int


class Sum(TypedDict):
    sum: int


class Calc(Flow[Input]):
    @flow.step("add-one")
    def add_one(self, a: int):
        return {"a": a + 1}

    @flow.step("double")
    async def double(self, a):
        return {"a": a * 2}

    @flow.step("finish")
    def finish(self, a: int, b: int = 0) -> Sum:  # E: [stepkit-useless-default] "b"
        return {"sum": a + b}


async def main() -> None:
    calc = Calc()
    assert_type(calc.add_one(a=1)["a"], int)
    assert_type(calc.add_one(1)["a"], int)
    assert_type((await calc.double(a=1))["a"], int)
    assert_type(calc.finish(1), Sum)
    calc.add_one(a="x")  # E: [arg-type] "str"
    calc.add_one()  # E: [call-arg] "a"
    calc.add_one(1)["b"]  # E: "b"
