"""An audit log that knows each step's context: events, step names and the type helpers in annotations."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypedDict

from stepkit import Flow, StepInput, StepNames, StepOutput, flow


class TransferInput(TypedDict):
    source: str
    target: str
    cents: int


class Transfer(Flow[TransferInput]):
    @flow.step("reserve")
    def reserve(self, source: str, cents: int):
        return {"reservation": f"{source}:{cents}"}

    @flow.step("limits")
    def limits(self, cents: int):
        return {"limit_left": 10_000 - cents}

    @flow.step("book")
    def book(self, target: str, reservation: str):
        return {"booking": (reservation, target)}


@dataclass(frozen=True)
class Line:
    step: StepNames[Transfer]
    text: str


def describe(event: Transfer.Event) -> str:
    if event.step_name == "reserve":
        return event.context["reservation"]
    if event.step_name == "limits":
        return f"{event.context['limit_left']} left of {event.context['reservation']}"
    _, target = event.context["booking"]
    return target


def early(event: Transfer.Event) -> str:
    if event.step_name == "limits":
        print(event.context["booking"])  # E: [misc] "booking" is not a valid TypedDict key
    if event.step_name == "boook":  # E("boook"): [stepkit-missing-key] no step "boook"; did you mean "book"?
        return "never"
    return event.step_name


def before_booking(context: StepInput[Transfer, Literal["book"]]) -> int:
    return context["limit_left"] + len(context["reservation"])


def after_limits(context: StepOutput[Transfer, Literal["limits"]]) -> bool:
    return context["limit_left"] > 0


def fields(context: Transfer.Output) -> list[str]:
    reservation, target = context["booking"]
    return [reservation, target, context["source"]]


def show(result: Transfer.Output, render: Callable[[Transfer.Output], list[str]] = fields) -> str:
    return " ".join(render(result))


def start(source: str) -> Transfer.Input:
    return {"source": source, "target": "shop", "cents": 500}


class Audit:
    def __init__(self) -> None:
        self.lines: list[Line] = []

    def __call__(self, event: Transfer.Event) -> None:
        self.lines.append(Line(event.step_name, describe(event)))


if __name__ == "__main__":
    audit = Audit()
    result = Transfer().run_sync(start("ana"), on_step_complete=audit)
    assert [line.text for line in audit.lines] == ["ana:500", "9500 left of ana:500", "shop"]
    assert show(result) == "ana:500 shop ana"
    assert before_booking(result) == 9507 and after_limits(result)
