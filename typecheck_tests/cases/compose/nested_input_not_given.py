# A key that a nested flow declares NotRequired need not be given; where it is given its type must fit.
from typing import NotRequired, TypedDict

from probe import assert_type
from stepkit import Flow, flow


class InnerInput(TypedDict):
    limit: NotRequired[int]


class Inner(Flow[InnerInput]):
    @flow.step("fetch")
    def fetch(self, limit=10):
        return {"rows": [limit]}


class Without(Flow):
    load = flow.subflow("load", Inner)


class WithoutOut(TypedDict):
    rows: list[int]


assert_type(Without().run_sync(), WithoutOut)


class Input(TypedDict):
    limit: str


class Wrong(Flow[Input]):
    load = flow.subflow("load", Inner)  # E: [stepkit-nested-input] "limit"
