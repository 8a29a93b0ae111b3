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
    letter = both.subflow(Letter)  # E(Letter): [stepkit-definition] letter: an on_step_complete in Letter always stops the run ... put the gate behind the group


def show() -> None:
    assert_type(Page().run_sync({"body": "hi"}).get("sent"), str | None)
    assert_type(Routed().run_sync({"body": "hi"}).get("sent"), str | None)
    assert_type(Grouped().run_sync({"body": "hi"}).get("signed"), str | None)


class GroupedDeep(Flow[Draft]):
    both = flow.parallel("both")
    page = both.subflow(lambda self: Page())  # E(lambda): [stepkit-definition] page: an on_step_complete in Page always stops
    routed = both.subflow(Routed)  # E(Routed): [stepkit-definition] in Routed always stops


class Inherits(Letter):
    @flow.step("more")
    def more(self, signed):
        return {"more": signed}


class StopsElse(Letter):
    def on_step_complete(self, event):
        if event.step_name == "draft" and not event.context["reply"].startswith("Re"):
            event.stop_pipeline()


class StopsPerhaps(Letter):
    stopping = False

    def on_step_complete(self, event):
        if self.stopping:
            event.stop_pipeline()


class CallsBase(Letter):
    def on_step_complete(self, event):
        super().on_step_complete(event)


class Members(Flow[Draft]):
    all_of_them = flow.parallel("all")
    inherits = all_of_them.subflow(Inherits)  # E: [stepkit-definition] in Inherits always stops
    calls_base = all_of_them.subflow(CallsBase)  # E: [stepkit-definition] in CallsBase always stops
    stops_else = all_of_them.subflow(StopsElse)
    stops_perhaps = all_of_them.subflow(StopsPerhaps)
