"""How a step's output changes the context: pure functions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..table import MergePolicy


def accepted(
    context: Mapping[str, Any], output: Mapping[str, Any], policy: MergePolicy
) -> tuple[Mapping[str, Any], list[str]]:
    """Return the part of ``output`` that is merged into ``context`` under a policy, and the keys that both have."""
    if policy == "override":
        return output, []
    collisions = [key for key in output if key in context]
    if policy == "skip":
        return {key: value for key, value in output.items() if key not in context}, collisions
    return output, collisions
