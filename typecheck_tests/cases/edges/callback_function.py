# A function as callback, sync and async, annotated with the flow's event.
from typing import Any, TypedDict

from stepkit import Flow, StepEvent, flow


class Input(TypedDict):
    a: int


class Calc(Flow[Input]):
    @flow.step("one")
    def one(self, a):
        return {"b": str(a)}


class Other(Flow[Input]):
    @flow.step("uno")
    def uno(self, a):
        return {"b": str(a)}


def show(event: Calc.Event) -> None:
    print(event.context["b"].upper())


async def save(event: Calc.Event) -> None:
    print(event.checkpoint)


def log(event: StepEvent[str, Any]) -> None:
    print(event.step_name)


def loose(event: Any) -> None:
    print(event)


def other(event: Other.Event) -> None:
    print(event.step_name)


Calc().run_sync({"a": 1}, on_step_complete=show)
Calc().run_sync({"a": 1}, on_step_complete=save)
Calc().run_sync({"a": 1}, on_step_complete=log)
Calc().run_sync({"a": 1}, on_step_complete=loose)
Calc().run_sync({"a": 1}, on_step_complete=other)  # E: [arg-type]
Calc().run_checkpoint_sync("", on_step_complete=show)
