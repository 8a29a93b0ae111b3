# A nested flow's keys join the context; inside it begins with the parent's.
from typing import TypedDict

from probe import assert_type
from stepkit import Flow, flow


class SessionInput(TypedDict):
    user: int


class Session(Flow[SessionInput]):
    @flow.step("fetch")
    def fetch(self, user):
        return {"session": str(user)}

    @flow.step("check")
    def check(self, session):
        return {"valid": bool(session)}


class Input(TypedDict):
    user: int
    page: str


class Page(Flow[Input]):
    load = flow.subflow("load-session", Session)

    @flow.step("show")
    def show(self, page, session, valid):
        assert_type(session, str)
        assert_type(valid, bool)
        return {"html": page + session}


class Out(TypedDict):
    user: int
    page: str
    session: str
    valid: bool
    html: str


assert_type(Page().run_sync({"user": 1, "page": "x"}), Out)
