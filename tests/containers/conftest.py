"""Fixtures for flows that hold others: no effect of an earlier test, and two ways to run."""

from __future__ import annotations

import pytest
from container_flows import EFFECTS
from container_runs import Runner

from stepkit.testing import run_suspended_sync


@pytest.fixture(autouse=True)
def no_effects() -> None:
    EFFECTS.clear()


@pytest.fixture(params=["in one go", "suspended"])
def run(request: pytest.FixtureRequest) -> Runner:
    """Runs a flow: in one go, or stopped and resumed after every step."""
    if request.param == "suspended":
        return run_suspended_sync
    return lambda flow_class, input=None: flow_class().run_sync(input)
