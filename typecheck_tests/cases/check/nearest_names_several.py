# The nearest of several names.
from typing import TypedDict

from stepkit import Flow, flow


class Input(TypedDict):
    order_id: int
    order_date: str
    customer: str


class Names(Flow[Input]):
    @flow.step("one")
    def one(self, orderid):  # E: [stepkit-missing-key] did you mean "order_id"
        return None

    @flow.step("two")
    def two(self, costumer):  # E: [stepkit-missing-key] did you mean "customer"
        return None
