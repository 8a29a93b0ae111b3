# A mapping of unknown keys opens the context; what was known before stays as it was.
from collections.abc import Mapping
from typing import TypedDict

from probe import assert_type
from stepkit import Flow, flow


class Input(TypedDict):
    a: int
    headers: dict[str, str]
    anything: dict[str, object]


class Spread(Flow[Input]):
    @flow.step("spread")
    def spread(self, headers):
        return {**headers, "u": 1}  # N: step "spread"

    @flow.step("read")
    def read(self, a, u, other):
        assert_type(a, int)
        assert_type(u, int)
        assert_type(other, str)
        return {"sum": a + u}

    @flow.step("wrong")
    def wrong(self, a: str):  # E: step "wrong" reads "a" as "str"
        return {"b": a}


class Annotated(Flow[Input]):
    @flow.step("load")
    def load(self) -> Mapping[str, object]:  # N: step "load"
        return {"x": 1}

    @flow.step("read")
    def read(self, a):
        return {"next": a + 1}


class Before(Flow[Input]):
    """A display: what stands after the spread is known, what stands before it too."""

    @flow.step("spread")
    def spread(self, headers):
        return {"u": 1, **headers}  # N: step "spread"

    @flow.step("read")
    def read(self, a, u):
        return {"sum": a + u}
