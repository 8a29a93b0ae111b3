# What mypy finds unreachable gives nothing.
import sys
from typing import TypedDict

from probe import assert_type
from stepkit import Flow, flow


class Input(TypedDict):
    a: int


class Unreachable(Flow[Input]):
    @flow.step("after-return")
    def after_return(self, a):
        return {"b": 1}
        return {"never": 1}

    @flow.step("version")
    def version(self, a):
        if sys.version_info < (3, 8):
            return {"old": 1}
        else:
            return {"new": 1}

    @flow.step("narrowed")
    def narrowed(self, a):
        if isinstance(a, int):
            return {"c": 1}
        return {"not_int": 1}


class Out(TypedDict):
    a: int
    b: int
    new: int
    c: int


assert_type(Unreachable().run_sync({"a": 1}), Out)
