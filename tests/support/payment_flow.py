"""A flow of three steps whose checkpoints are spoiled, and what their resume is refused with."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, TypedDict

import pytest

from stepkit import Flow, flow
from stepkit.errors import (
    ResumeRefusedError,
)

RAN: list[str] = []


class Order(TypedDict):
    amount: int
    due: datetime


class Reserved(TypedDict):
    reservation: str


class Charged(TypedDict):
    charge: int


class Pay(Flow[Order], max_checkpoint_size=2_000):
    @flow.step("reserve")
    def reserve(self, amount: int) -> Reserved:
        RAN.append("reserve")
        return {"reservation": "r-1"}

    @flow.step("charge")
    def charge(self, amount: int, reservation: str) -> Charged:
        RAN.append("charge")
        return {"charge": amount}

    @flow.step("notify")
    def notify(self, charge: int, due: datetime, receipt: str = "none"):
        RAN.append("notify")
        return {"notified": True}


def taken(
    flow_class: type[Flow[Any]] = Pay, step: str = "reserve", given: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """The checkpoint that a real run takes after a step, as JSON data."""
    texts: dict[str, str] = {}
    flow_class().run_sync(
        {"amount": 10, "due": datetime(2026, 1, 2)} if given is None else given,
        on_step_complete=lambda event: texts.setdefault(event.step_name, event.checkpoint),
    )
    RAN.clear()
    document = json.loads(texts[step])
    assert document["stepName"] == step
    return document


def refused(
    checkpoint: Any, error: type[ResumeRefusedError], flow_class: type[Flow[Any]] = Pay, **arguments: Any
) -> str:
    """The message with which the resume is refused; no step ran, and nobody was told of any."""
    text = json.dumps(checkpoint) if isinstance(checkpoint, dict) else checkpoint
    told: list[Any] = []
    arguments |= {"on_step_complete": told.append, "on_step_error": lambda name, error: told.append(error)}
    with pytest.raises(ResumeRefusedError) as caught:
        flow_class().run_checkpoint_sync(text, **arguments)
    assert type(caught.value) is error
    with pytest.raises(error) as caught_async:
        asyncio.run(flow_class().run_checkpoint(text, **arguments))
    assert str(caught_async.value) == str(caught.value)
    assert (RAN, told) == ([], [])
    return str(caught.value)


UNCHANGED = "Use the text that event.checkpoint gave, unchanged."
