# A callback that may stop the run: the result may be what the context was after any step.
from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import NotRequired, TypedDict

from probe import assert_type
from stepkit import Flow, flow


class Input(TypedDict):
    a: int


class Calc(Flow[Input]):
    @flow.step("one")
    def one(self, a):
        return {"b": a, "kind": 1}

    @flow.step("two")
    async def two(self, b):
        return {"c": str(b), "kind": "text"}


class Whole(TypedDict):
    a: int
    b: int
    kind: str
    c: str


class Stopped(TypedDict):
    a: int
    b: int
    kind: int | str
    c: NotRequired[str]


def watch(event: Calc.Event) -> None:
    print(event.context)


def stop(event: Calc.Event) -> None:
    if event.step_name == "one":
        event.stop_pipeline()


def stop_with(number: int, event: Calc.Event) -> None:
    event.stop_pipeline()


class Service:
    def stop(self, event: Calc.Event) -> None:
        event.stop_pipeline()

    def watch(self, event: Calc.Event) -> None:
        pass

    async def serve(self, callback: Callable[[Calc.Event], None]) -> None:
        calc = Calc()
        assert_type(await calc.run({"a": 1}, on_step_complete=self.watch), Whole)
        assert_type(await calc.run({"a": 1}, on_step_complete=self.stop), Stopped)
        assert_type(await calc.run_checkpoint("", on_step_complete=stop), Stopped)
        assert_type(calc.run_checkpoint_sync("", on_step_complete=watch), Whole)
        assert_type(calc.run_sync({"a": 1}, on_step_complete=lambda e: e.stop_pipeline()), Stopped)
        assert_type(calc.run_sync({"a": 1}, on_step_complete=lambda e: None), Whole)
        assert_type(calc.run_sync({"a": 1}, on_step_complete=partial(stop_with, 1)), Stopped)
        assert_type(calc.run_sync({"a": 1}, on_step_complete=callback), Whole)

        def inside(event: Calc.Event) -> None:
            event.stop_pipeline()

        assert_type(calc.run_sync({"a": 1}, on_step_complete=inside), Stopped)


class Stops(Calc):
    """A method of the class is called after every step of every run."""

    def on_step_complete(self, event):
        if event.step_name == "one":
            event.stop_pipeline()


class Inherits(Stops):
    pass


assert_type(Stops().run_sync({"a": 1}), Stopped)
assert_type(Inherits().run_sync({"a": 1}), Stopped)


def use(output: Inherits.Output) -> None:
    assert_type(output["kind"], int | str)


def wants(whole: Whole) -> None:
    pass


wants(Calc().run_sync({"a": 1}))
wants(Calc().run_sync({"a": 1}, on_step_complete=stop))  # E: [arg-type] Argument 1 to "wants"


class Outer(Flow[Input]):
    """What has a method that stops runs stops the runs of the flows around it."""

    stops = flow.subflow("stops", Stops)

    @flow.transform("end")
    def end(self, a, c):
        return {"d": c}


class OuterStopped(TypedDict, total=False):
    a: int
    b: int
    kind: int | str
    c: str
    d: str


assert_type(Outer().run_sync({"a": 1}), OuterStopped)
assert_type(Outer().run_sync({"a": 1}, on_step_complete=lambda event: event.stop_pipeline()), OuterStopped)
