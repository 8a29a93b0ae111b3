"""What is said about a class that cannot be a flow."""

from __future__ import annotations

from typing import Any

import pytest

from stepkit import Flow, flow
from stepkit.errors import FlowDefinitionError


def body(self: Any) -> None: ...


class Holder(Flow):
    @flow.step
    def step(self): ...


def problems_of(namespace: dict[str, Any], *bases: type, **keywords: Any) -> tuple[str, ...]:
    """What is said about a class called ``Bad`` with this body."""
    with pytest.raises(FlowDefinitionError) as caught:
        type("Bad", bases or (Flow,), namespace, **keywords)
    return caught.value.problems


def step_problems(function: Any = body, /, *arguments: Any, **options: Any) -> tuple[str, ...]:
    return problems_of({"go": flow.step(*arguments, **options)(function)})
