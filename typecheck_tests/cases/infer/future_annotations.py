# Annotations as strings; the input's class may stand below the flow.
from __future__ import annotations

from typing import NotRequired, TypedDict

from probe import assert_type
from stepkit import Flow, flow


class Input(TypedDict):
    a: int
    b: NotRequired[Late]


class Late(TypedDict):
    deep: int


class Later(Flow[Input]):
    @flow.step("read")
    def read(self, a: int, b: Late | None = None):
        return {"c": Late(deep=a)}

    @flow.step("use")
    def use(self, c) -> Out | None:
        assert_type(c, Late)
        return None


class Out(TypedDict):
    d: int


class Whole(TypedDict):
    a: int
    b: NotRequired[Late]
    c: Late
    d: NotRequired[int]


assert_type(Later().run_sync({"a": 1}), Whole)
