# A nested flow whose keys are not known: a note stands in that flow, and one where it is nested, naming the step.
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

    load = flow.subflow("load", Inner)  # N: nested flow "load": behind its step "load" the keys are not known

    @flow.step("after")
    def after(self, a, anything):
        return {"b": anything}
