# A when lambda and a when function that take the whole context.
from collections.abc import Mapping
from typing import Any, TypedDict

from stepkit import Flow, flow


def is_full(ctx: Mapping[str, Any], /) -> bool:
    return len(ctx) > 3


class Input(TypedDict):
    a: int


class When(Flow[Input]):
    @flow.step("one", when=is_full)
    def one(self):
        return {"c": 1}

    @flow.step("two", when=lambda ctx, /: ctx["a"] > 1)
    def two(self):
        return None

    @flow.step("three", when=lambda ctx, /: "c" in ctx)
    def three(self):
        return None
