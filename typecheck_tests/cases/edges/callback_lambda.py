# A lambda as callback knows the events.
from typing import TypedDict

from stepkit import Flow, flow


class Input(TypedDict):
    a: int


class Calc(Flow[Input]):
    @flow.step("one")
    def one(self, a):
        return {"b": str(a)}

    @flow.step("two")
    def two(self, b):
        return {"c": [b]}


checkpoints: list[str] = []


def main() -> None:
    Calc().run_sync({"a": 1}, on_step_complete=lambda e: checkpoints.append(e.checkpoint))
    Calc().run_sync({"a": 1}, on_step_complete=lambda e: print(e.step_name, e.duration_ms, e.context["a"]))
    Calc().run_sync({"a": 1}, on_step_complete=lambda e: e.stop_pipeline() if e.step_name == "one" else None)
    Calc().run_sync({"a": 1}, on_step_complete=lambda e: print(e.stepname))  # E: [union-attr] 'one' ... "stepname" # E: [union-attr] 'two' ... "stepname"
    Calc().run_sync({"a": 1}, on_step_error=lambda name, error: print(name, error))
