# A nested flow that is one of several: what each of them gives, and what only one of them does.
from typing import TypedDict

from probe import assert_type
from stepkit import Flow, flow


class Input(TypedDict):
    n: int
    fast: bool


class Slow(Flow[Input]):
    @flow.step("fetch")
    def fetch(self, n):
        return {"page": "x", "tries": 3}


class Fast(Flow[Input]):
    @flow.step("fetch")
    def fetch(self, n):
        return {"page": b"x"}

    @flow.step("more", when=lambda fast: fast)
    def more(self, n):
        return {"fast": False}


class Text(TypedDict):
    text: str


class NeedsText(Flow[Text]):
    @flow.step("one")
    def one(self, text):
        return {"page": text}


class Lambda(Flow[Input]):
    fetch = flow.subflow("fetch", lambda self: Fast() if self.quick else Slow())

    def __init__(self, quick: bool = False) -> None:
        self.quick = quick

    @flow.step("read")
    def read(self, page, fast, tries):  # E: [stepkit-maybe-missing] "tries" ... not every flow that "fetch" may run gives it
        assert_type(page, bytes | str)
        assert_type(fast, bool)
        return None

    @flow.step("wrong")
    def wrong(self, zum, page: str):  # E: [stepkit-missing-key] "zum" # E: [stepkit-key-type] "page"
        return None


def watch(event: Lambda.Event) -> None:
    if event.step_name == "fetch/fetch":
        assert_type(event.context["page"], bytes | str)


class Direct(Flow[Input]):
    fetch = flow.subflow("fetch", Fast if __debug__ else Slow, on_error="continue")

    @flow.step("read")
    def read(self, page: str | bytes = ""):
        return None


class Method(Flow[Input]):
    def make(self) -> Fast | Slow:
        return Fast()

    fetch = flow.subflow("fetch", lambda self: self.make())

    @flow.step("read")
    def read(self, page: str | bytes, zum):  # E: [stepkit-missing-key] "zum"
        return None


class WrongInput(Flow[Input]):
    fetch = flow.subflow("fetch", lambda self: NeedsText() if __debug__ else Slow())  # E: [stepkit-nested-input] input of NeedsText: "text" is missing

    @flow.step("read")
    def read(self, page: str):
        return None


class Member(Flow[Input]):
    group = flow.parallel("group")
    fetch = group.subflow(lambda self: Fast() if __debug__ else Slow(), name="fetch")

    @flow.step("read")
    def read(self, page: str | bytes, tries):  # E: [stepkit-maybe-missing] "tries"
        return None


class Called(Flow[Input]):
    @flow.branch("route", cases=dict(fast=Fast, slow=Slow))
    def route(self, n):
        return "fast" if n else "slow"

    @flow.step("read")
    def read(self, page: str | bytes, tries):  # E: [stepkit-maybe-missing] case "fast" of branch "route" does not give it
        return None


class CalledWrong(Flow[Input]):
    @flow.branch("route", cases=dict(fast=Fast, slow=lambda self: Slow()))
    def route(self, n):
        return "fst" if n else "slow"  # E: [stepkit-branch-case] no case "fst"; did you mean "fast"?
