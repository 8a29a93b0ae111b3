# since mypy 2.4
# --- one.py
from __future__ import annotations

from typing import TypedDict

from probe import assert_type
from stepkit import Flow, flow

from . import two


class Input(TypedDict):
    a: int


class One(Flow[Input]):
    @flow.step("one")
    def one(self, a):
        return {"b": str(a)}

    @flow.step("other")
    def other(self, e: two.Two.Output | None = None):  # E: [stepkit-useless-default] "e"
        return {"c": 1}


def use(output: two.Two.Output) -> None:
    assert_type(output["d"], list[str])

# --- two.py
from __future__ import annotations

from probe import assert_type
from stepkit import Flow, flow

from . import one


class Two(Flow[one.Input]):
    @flow.step("two")
    def two(self, a):
        text = one.One().run_sync({"a": a})["b"]
        assert_type(text, str)
        return {"d": [text]}
