# A nested flow whose keys are not known: the note stands in that flow, and the context is open behind it.
from typing import Any, TypedDict

from stepkit import Flow, flow


class Input(TypedDict):
    a: int


class Inner(Flow[Input]):
    @flow.step("load")
    def load(self, a) -> dict[str, Any]:  # N: step "load"
        return {}


class Outer(Flow[Input]):
    @flow.step("before")
    def before(self, zum):  # E: [stepkit-missing-key] step "before" reads "zum"
        return None

    load = flow.subflow("load", Inner)

    @flow.step("after")
    def after(self, a, anything):
        return {"b": anything}
