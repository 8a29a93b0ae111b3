"""A callback that hands its event on to a function or method of the module may stop the run there."""

from functools import partial
from typing import TypedDict

from probe import assert_type
from stepkit import Flow, flow


class Input(TypedDict):
    a: int


class Ask(Flow[Input]):
    @flow.step("question")
    def question(self, a: int):
        return {"prompt": f"{a}?"}

    @flow.step("receipt")
    def receipt(self, prompt: str):
        return {"receipt": prompt}


class Service:
    def __init__(self) -> None:
        self.saved: dict[str, str] = {}
        self.audit = Audit()

    def _listen(self, id: str, event: Ask.Event) -> None:
        self.saved[id] = event.checkpoint
        event.stop_pipeline()

    def _save(self, id: str, event: Ask.Event) -> None:
        self.saved[id] = event.checkpoint
        print(event)

    def by_lambda(self) -> None:
        result = Ask().run_sync({"a": 1}, on_step_complete=lambda event: self._listen("x", event))
        assert_type(result.get("receipt"), str | None)

    def by_partial(self) -> None:
        result = Ask().run_sync({"a": 1}, on_step_complete=partial(self._listen, "x"))
        assert_type(result.get("receipt"), str | None)

    def by_local(self) -> None:
        def listen(event: Ask.Event) -> None:
            self._listen("x", event)

        result = Ask().run_sync({"a": 1}, on_step_complete=listen)
        assert_type(result.get("receipt"), str | None)

    def by_two(self) -> None:
        def listen(event: Ask.Event) -> None:
            hand_on(event)

        result = Ask().run_sync({"a": 1}, on_step_complete=listen)
        assert_type(result.get("receipt"), str | None)

    def by_attribute(self) -> None:
        result = Ask().run_sync({"a": 1}, on_step_complete=lambda event: self.audit.tell(event))
        assert_type(result.get("receipt"), str | None)

    def only_saves(self) -> None:
        result = Ask().run_sync({"a": 1}, on_step_complete=lambda event: self._save("x", event))
        assert_type(result.get("receipt"), str)

    def only_asks(self) -> None:
        result = Ask().run_sync({"a": 1}, on_step_complete=lambda event: print(event.step_name, self._listen))
        assert_type(result.get("receipt"), str)

    def in_a_circle(self) -> None:
        result = Ask().run_sync({"a": 1}, on_step_complete=lambda event: ping(event))
        assert_type(result.get("receipt"), str)


class Audit:
    def tell(self, event: Ask.Event) -> None:
        event.stop_pipeline()


def hand_on(event: Ask.Event) -> None:
    last(event)


def last(event: Ask.Event) -> None:
    if event.step_name == "question":
        event.stop_pipeline()


def ping(event: Ask.Event) -> None:
    pong(event)


def pong(event: Ask.Event) -> None:
    ping(event)


class Own(Ask):
    def on_step_complete(self, event: Ask.Event) -> None:
        self.hand(event)

    def hand(self, event: Ask.Event) -> None:
        event.stop_pipeline()


assert_type(Own().run_sync({"a": 1}).get("receipt"), str | None)
