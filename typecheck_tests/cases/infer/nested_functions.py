# Returns of functions inside the step are not the step's.
from typing import TypedDict

from probe import assert_type
from stepkit import Flow, flow


class Input(TypedDict):
    a: int


class Inner(Flow[Input]):
    @flow.step("outer")
    def outer(self, a):
        def inner(n: int) -> dict[str, int]:
            return {"inner": n}

        doubled = (lambda n: {"lambda": n * 2})(a)
        return {"b": inner(a)["inner"], "c": doubled["lambda"]}


class Out(TypedDict):
    a: int
    b: int
    c: int


assert_type(Inner().run_sync({"a": 1}), Out)
