# --- order.py
from dataclasses import dataclass

from stepkit import Flow, flow


@dataclass
class Line:
    sku: str


class Order(Flow):
    @flow.step("lines")
    def lines(self):
        return {"lines": [Line("a")]}


def run(event: Order.Event) -> None:
    print(event.checkpoint)  # E: [stepkit-unsavable] "lines"
# --- other.py
x = 1
# --- other.py (2)
x = 2
y = 3
