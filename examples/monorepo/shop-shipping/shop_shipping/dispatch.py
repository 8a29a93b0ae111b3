from __future__ import annotations

from typing import Protocol, TypedDict

from stepkit import Flow, flow


class DispatchInput(TypedDict):
    order: str
    grams: int
    service: str


class Carrier(Protocol):
    def label(self, order: str, grams: int, service: str) -> str:
        """Prints a label and returns its tracking number."""
        ...

    def pickup(self, tracking: str) -> str:
        """Orders a pickup and returns its day."""
        ...


class Dispatch(Flow[DispatchInput]):
    def __init__(self, carrier: Carrier) -> None:
        self.carrier = carrier

    @flow.step("label")
    def label(self, order: str, grams: int, service: str):
        return {"tracking": self.carrier.label(order, grams, service)}

    @flow.step("pickup")
    def pickup(self, tracking: str):
        return {"pickup": self.carrier.pickup(tracking)}
