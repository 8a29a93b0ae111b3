# A nested flow from a file whose bodies are not read: the note stands where it is nested, once.
# --- package.py
# mypy: ignore-errors
from typing import TypedDict

from stepkit import Flow, flow


class PackageInput(TypedDict):
    a: int


class Answer(TypedDict):
    answer: str


class Unread(Flow[PackageInput]):
    @flow.step("known")
    def known(self, a: int) -> Answer:
        return {"answer": str(a)}

    @flow.step("fetch")
    def fetch(self, a: int):
        return {"b": a}


class Around(Flow[PackageInput]):
    inner = flow.subflow("inner", Unread)


class Annotated(Flow[PackageInput]):
    @flow.step("known")
    def known(self, a: int) -> Answer:
        return {"answer": str(a)}
# --- use.py
from typing import TypedDict

from stepkit import Flow, flow

from .package import Annotated, Around, Unread


class Input(TypedDict):
    a: int


class Nested(Flow[Input]):
    package = flow.subflow("package", Unread)  # N: nested flow "package": what its step "fetch" returns cannot be seen, as the bodies of its file are not read ... Annotate the step's return
    again = flow.subflow("again", Unread)

    @flow.step("read")
    def read(self, answer: str, b: int, zum):
        return {"c": b}


class Deep(Flow[Input]):
    package = flow.subflow("package", lambda self: Around())  # N: nested flow "package": what its step "inner/fetch" returns cannot be seen

    @flow.step("read")
    def read(self, b: int):
        return None


class Case(Flow[Input]):
    @flow.branch("route", cases={"known": Annotated, "unread": Unread})  # N: case "unread" of branch "route": what its step "fetch" returns
    def route(self, a):
        return "known" if a else "unread"

    @flow.step("read")
    def read(self, b: int):
        return None


class Member(Flow[Input]):
    group = flow.parallel("group")
    one = group.subflow(Annotated, name="one")
    two = group.subflow(Unread, name="two")  # N: member "two": what its step "fetch" returns cannot be seen

    @flow.step("read")
    def read(self, b: int):
        return None


class Closed(Flow[Input]):
    package = flow.subflow("package", Annotated)

    @flow.step("read")
    def read(self, answer: str, zum):  # E: [stepkit-missing-key] "zum"
        return None
