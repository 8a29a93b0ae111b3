# Callbacks as methods of the class.
from typing import TypedDict

from stepkit import Flow, flow


class Input(TypedDict):
    a: int


class Calc(Flow[Input]):
    @flow.step("one")
    def one(self, a):
        return {"b": str(a)}

    def on_step_complete(self, event: "Calc.Event") -> None:
        if event.step_name == "one":
            print(event.context["b"].upper())

    def on_step_error(self, step_name: str, error: Exception) -> None:
        print(step_name, error)


Calc().run_sync({"a": 1})
Calc().run_sync({"a": 1}, on_step_complete=Calc().on_step_complete)
