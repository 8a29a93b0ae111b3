"""How a step's output changes the context: pure functions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..table import MergePolicy


def accepted(
    context: Mapping[str, Any], output: Mapping[str, Any], policy: MergePolicy
) -> tuple[Mapping[str, Any], list[str]]:
    """What of ``output`` goes into ``context``, and the keys that both have."""
    if policy == "override":
        return output, []
    collisions = [key for key in output if key in context]
    if policy == "skip":
        return {key: value for key, value in output.items() if key not in context}, collisions
    return output, collisions


def output_problem(output: object, transform: bool) -> str | None:
    """What is wrong with what a step returned, or None."""
    wanted = "a mapping with string keys" if transform else "a mapping with string keys, or None"
    if output is None and transform:
        return "returned None; a transform returns the mapping that becomes the whole context"
    if type(output) is not dict and not isinstance(output, Mapping):
        return f"returned {type(output).__qualname__}; return {wanted}"
    for key in output:
        if not isinstance(key, str):
            return f"returned a mapping with a key of type {type(key).__qualname__}; return {wanted}"
    return None
