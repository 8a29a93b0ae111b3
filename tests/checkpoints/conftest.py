"""Every test begins with a flow of payments that has not run."""

from __future__ import annotations

import pytest
from payment_flow import RAN


@pytest.fixture(autouse=True)
def no_step_ran() -> None:
    RAN.clear()
