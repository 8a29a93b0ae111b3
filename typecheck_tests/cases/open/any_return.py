# A return of type Any.
from typing import Any, TypedDict

from stepkit import Flow, flow


class Input(TypedDict):
    a: int


def anything() -> Any:
    return {}


class Open(Flow[Input]):
    @flow.step("load")
    def load(self):
        return anything()  # N: step "load"

    @flow.step("read")
    def read(self, b):
        return {"c": b}
