"""Steps that are named by the members of an enum, or by constants, and events that are compared with the same."""

from enum import StrEnum
from typing import TypedDict

from stepkit import Flow, flow

PUBLISH = "publish"


class In(TypedDict):
    n: int


class Names(StrEnum):
    LOAD = "load"
    SAVE = "save"
    SLIP = "slip"


class Named(Flow[In]):
    @flow.step(Names.LOAD)
    def load(self, n):
        return {"c": n}

    @flow.step(Names.SAVE)
    def save(self, c):
        return {"raw": c}

    @flow.step(PUBLISH)
    def publish(self, raw):
        return {"published": raw}


def on_equality(event: Named.Event) -> None:
    if event.step_name == Names.SAVE:
        print(event.context["raw"])


def on_membership(event: Named.Event) -> None:
    if event.step_name in (Names.SAVE,):
        print(event.context["raw"])


def on_match(event: Named.Event) -> None:
    match event.step_name:
        case Names.SAVE:
            print(event.context["raw"])
        case _:
            pass


def on_inequality(event: Named.Event) -> None:
    if event.step_name != Names.LOAD:
        print(event.context["raw"])


def on_a_constant(event: Named.Event) -> None:
    if event.step_name == PUBLISH:
        print(event.context["published"])


def on_a_key_that_nobody_gives(event: Named.Event) -> None:
    if event.step_name == Names.SAVE:
        print(event.context["rwa"])  # E: [misc] "rwa" is not a valid TypedDict key


def on_a_slip(event: Named.Event) -> None:
    if event.step_name == Names.SLIP:  # E: [stepkit-missing-key] Named has no step "slip"
        print(event.context["n"])
