# A return that is one of two TypedDicts gives what both have for certain.
from typing import NotRequired, TypedDict

from probe import assert_type
from stepkit import Flow, flow


class Ok(TypedDict):
    status: int
    body: str


class Bad(TypedDict):
    status: str


class Either(Flow):
    @flow.step("fetch")
    def fetch(self) -> Ok | Bad:
        return {"status": 200, "body": "x"}


class Out(TypedDict):
    status: int | str
    body: NotRequired[str]


assert_type(Either().run_sync(), Out)
