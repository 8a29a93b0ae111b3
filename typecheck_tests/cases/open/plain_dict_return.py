# From a step that returns some dict on nothing is missing for certain: one note says how to make it known.
from typing import Any, TypedDict

from stepkit import Flow, flow


class Input(TypedDict):
    a: int


def load() -> dict[str, Any]:
    return {}


class Open(Flow[Input]):
    @flow.step("load")
    def load(self):
        return load()  # N: step "load"

    @flow.step("read")
    def read(self, whatever, a, more=1):
        return {"b": whatever.anything, "c": 1}

    @flow.step("read-again")
    def read_again(self, b, c, other):
        return {"d": other}


result = Open().run_sync({"a": 1})
print(result["whatever"])
