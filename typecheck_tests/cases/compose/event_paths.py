# Paths in events: inside branches, groups and nested flows.
from typing import Literal, TypedDict

from probe import assert_type
from stepkit import Flow, StepInput, StepOutput, flow


class Input(TypedDict):
    n: int


class Even(Flow[Input]):
    @flow.step("even-step")
    def even_step(self, n):
        return {"half": n // 2}


class Odd(Flow[Input]):
    @flow.step("odd-step")
    def odd_step(self, n):
        return {"next": str(n)}


class Route(Flow[Input]):
    @flow.branch("route", cases={"even": Even, "odd": Odd})
    def route(self, n):
        return "even" if n % 2 == 0 else "odd"

    @flow.step("end")
    def end(self):
        return {"done": True}


def show(e: Route.Event) -> None:
    if e.step_name == "route/odd/odd-step":
        assert_type(e.context["next"], str)
        e.context["half"]  # E: "half"
        e.context["done"]  # E: "done"
    elif e.step_name == "route/even/even-step":
        assert_type(e.context["half"], int)
    elif e.step_name == "route":
        assert_type(e.context.get("half"), int | None)
        assert_type(e.context.get("next"), str | None)
    else:
        assert_type(e.step_name, Literal["end"])
        assert_type(e.context["done"], bool)


def inside(context: StepInput[Route, Literal["end"]]) -> None:
    assert_type(context["n"], int)


def after(context: StepOutput[Route, Literal["route"]]) -> None:
    assert_type(context["n"], int)
