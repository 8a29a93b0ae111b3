"""A nested flow's own callback is called for its steps: by their own names, and it may stop the whole run."""

from typing import TypedDict

from probe import assert_type
from stepkit import Flow, flow


class Draft(TypedDict):
    body: str


class Letter(Flow[Draft]):
    @flow.step("draft")
    def draft(self, body: str):
        return {"reply": f"Re: {body}"}

    @flow.step("sign")
    def sign(self, reply: str):
        return {"signed": f"{reply}!"}

    def on_step_complete(self, event):
        if event.step_name == "draft":
            assert_type(event.context["reply"], str)
            event.stop_pipeline()


class Page(Flow[Draft]):
    letter = flow.subflow("letter", Letter)

    @flow.step("send")
    def send(self, signed: str):
        return {"sent": signed}


class Routed(Flow[Draft]):
    @flow.branch("route", cases={"page": Page})
    def route(self, body: str):
        return "page"


class Grouped(Flow[Draft]):
    both = flow.parallel("both")
    letter = both.subflow(Letter)


def show() -> None:
    assert_type(Page().run_sync({"body": "hi"}).get("sent"), str | None)
    assert_type(Routed().run_sync({"body": "hi"}).get("sent"), str | None)
    assert_type(Grouped().run_sync({"body": "hi"}).get("signed"), str | None)
