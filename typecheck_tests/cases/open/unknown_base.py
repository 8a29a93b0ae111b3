# A flow whose base is not known may have any steps.
from typing import Any, TypedDict

from stepkit import Flow, flow


class Input(TypedDict):
    a: int


def plugin_base() -> Any:
    return object


Base: Any = plugin_base()


class Odd(Base, Flow[Input]):  # type: ignore[misc, unused-ignore]  # N: a base class of Odd cannot be seen
    @flow.step("one")
    def one(self, a):
        return {"b": a}
