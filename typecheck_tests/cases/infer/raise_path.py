# A path that raises returns nothing, and so makes nothing optional.
from typing import NoReturn, TypedDict

from probe import assert_type
from stepkit import Flow, flow


class Input(TypedDict):
    a: int


def give_up() -> NoReturn:
    raise RuntimeError("given up")


class Raises(Flow[Input]):
    @flow.step("check")
    def check(self, a):
        if a < 0:
            raise ValueError(a)
        return {"b": a}

    @flow.step("check-again")
    def check_again(self, a):
        if a > 0:
            return {"c": a}
        give_up()


class Out(TypedDict):
    a: int
    b: int
    c: int


assert_type(Raises().run_sync({"a": 1}), Out)
