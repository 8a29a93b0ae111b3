# Where no name is near, none is offered.
from typing import TypedDict

from stepkit import Flow, flow


class Input(TypedDict):
    a: int


class Far(Flow[Input]):
    @flow.step("load")
    def load(self, quantity: int):  # E: [stepkit-missing-key] step "load" reads "quantity"
        return {"q": quantity}
