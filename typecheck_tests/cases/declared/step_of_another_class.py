# A step of another flow class, assigned: it is that step here too.
from typing import TypedDict

from probe import assert_type
from stepkit import Flow, flow


class Input(TypedDict):
    a: int


class Other(Flow[Input]):
    @flow.step("load", on_error="continue")
    def load(self, a):
        return {"b": str(a)}

    @flow.step
    def bare(self, a):
        return {"c": a}

    @flow.step("wants")
    def wants(self, b="", c=0):
        return {"d": b * c}


class Plain:
    @flow.step("mixed")
    def mixed(self, a: int) -> Input:
        return {"a": a}


class Copies(Flow[Input]):
    load = Other.load
    renamed = Other.bare
    mixed = Plain.mixed
    number = int("3")

    @flow.step("read")
    def read(
        self,
        b,  # E(b): [stepkit-maybe-missing] step "load" gives it, but step "load" has on_error="continue"
        c,
        d,  # E(d): [stepkit-missing-key]
    ):
        assert_type(c, int)
        return {"e": c}


class Output(TypedDict, total=False):
    b: str


assert_type(Copies().run_sync({"a": 1})["e"], int)


class Missing(Flow):
    wants = Other.wants
    bare = Other.bare  # E: [stepkit-missing-key] step "bare" reads "a", which no earlier step provides
