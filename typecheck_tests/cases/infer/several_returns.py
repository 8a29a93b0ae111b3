# Several returns: a key that each gives is certain, its type the union.
from typing import NotRequired, TypedDict

from probe import assert_type
from stepkit import Flow, flow


class Input(TypedDict):
    n: int


class Several(Flow[Input]):
    @flow.step("sort")
    def sort(self, n):
        if n > 10:
            return {"size": "big", "extra": n}
        if n > 5:
            return {"size": "middle"}
        return {"size": None}


class Out(TypedDict):
    n: int
    size: str | None
    extra: NotRequired[int]


assert_type(Several().run_sync({"n": 1}), Out)
