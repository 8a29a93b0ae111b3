# One positional-only parameter receives the whole context.
from typing import TypedDict

from probe import assert_type
from stepkit import Flow, flow


class Input(TypedDict):
    a: int


class Whole(Flow[Input]):
    @flow.step("count")
    def count(self, ctx, /):
        assert_type(ctx["a"], int)
        return {"count": len(ctx)}

    @flow.step("more")
    def more(self, ctx, /, count):
        assert_type(ctx["count"], int)
        return {"keys": sorted(ctx), "next": count + 1}


class Out(TypedDict):
    a: int
    count: int
    keys: list[str]
    next: int


assert_type(Whole().run_sync({"a": 1}), Out)
