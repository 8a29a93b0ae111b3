# A wrong step does not make the later steps wrong.
from typing import TypedDict

from probe import assert_type
from stepkit import Flow, flow


class Input(TypedDict):
    a: int


class Once(Flow[Input]):
    @flow.step("wrong")
    def wrong(self, zum):  # E: [stepkit-missing-key] "zum"
        return {"b": zum, "c": 1}

    @flow.step("reads-b")
    def reads_b(self, b, c):
        assert_type(c, int)
        return {"d": b.anything(), "e": c}

    @flow.step("reads-e")
    def reads_e(self, d, e: int):
        return {"f": e}

    @flow.step("reads-zum-again")
    def reads_zum_again(self, f):
        return {"g": f}
