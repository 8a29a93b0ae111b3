# A mistake is silenced by its code, at its place, and by no other code.
from typing import TypedDict

from stepkit import Flow, flow


class Input(TypedDict):
    a: int


class Silenced(Flow[Input]):
    @flow.step("missing")
    def missing(self, zum: int):  # type: ignore[stepkit-missing-key]
        return {"b": 1}

    @flow.step("default")
    def default(self, other: int = 0):  # type: ignore[stepkit-useless-default]
        return {"c": 1}

    @flow.step("types")
    def types(self, a: str):  # type: ignore[stepkit-key-type]
        return {"d": 1}

    @flow.step("several")
    def several(
        self,
        d,
        zam,  # type: ignore[stepkit-missing-key]
        zim,  # E: [stepkit-missing-key] "zim"
    ):
        return {"e": d}
