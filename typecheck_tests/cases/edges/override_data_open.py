# Where the context is open, any key may be given: at every call, not only at the first.
from typing import Any, TypedDict

from stepkit import Flow, flow


class Input(TypedDict):
    a: int


def load() -> Any: ...


class Open(Flow[Input]):
    @flow.step("one")
    def one(self, a):
        return {"b": str(a)}

    @flow.step("two")
    def two(self):
        return load()  # N: step "two" returns a value of type Any: from here on the keys of the context are not known. Return a dict display or a TypedDict, and they are


Open().run_checkpoint_sync("", override_data={"x": 1})
Open().run_checkpoint_sync("", override_data={"x": 1})
