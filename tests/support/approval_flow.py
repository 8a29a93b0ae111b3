"""A flow with a gate, and the error with which a run waits at one."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, NotRequired, TypedDict

import pytest

from stepkit import Flow, flow
from stepkit.errors import (
    ApprovalRequired,
)


class Request(TypedDict):
    request: str


class Decision(TypedDict):
    approved_by: str
    note: NotRequired[str]


class Publish(Flow[Request]):
    @flow.step("draft")
    def draft(self, request: str):
        return {"draft": f"Draft of {request}"}

    manager = flow.approval("manager-review", Decision, expires=timedelta(days=7))

    @flow.step("publish")
    def publish(self, draft: str, approved_by: str, note: str = "-"):
        return {"published": f"{draft}, approved by {approved_by} ({note})"}


def waits(owner: Flow[Any, Any], input: Any = None, **options: Any) -> ApprovalRequired:
    with pytest.raises(ApprovalRequired) as waiting:
        owner.run_sync(input, **options)
    return waiting.value


def waits_again(owner: Flow[Any, Any], checkpoint: str, **options: Any) -> ApprovalRequired:
    with pytest.raises(ApprovalRequired) as waiting:
        owner.run_checkpoint_sync(checkpoint, **options)
    return waiting.value
