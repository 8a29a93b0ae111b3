# TypedDicts as values: compared by their items.
from typing import TypedDict

from stepkit import Flow, flow


class User(TypedDict):
    name: str
    age: int


class Named(TypedDict):
    name: str


class Numbered(TypedDict):
    name: int


class Input(TypedDict):
    user: User


class Values(Flow[Input]):
    @flow.step("fine")
    def fine(self, user: Named):
        return None

    @flow.step("wrong")
    def wrong(self, user: Numbered):  # E: [stepkit-key-type] step "wrong" ... "user" ... "Numbered" ... "User"
        return None
