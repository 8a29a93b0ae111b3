"""A mapping with string keys: what a run is given, and what a step returns."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..errors import FlowInputError
from .run import Run


def checked_mapping(value: Any, run: Run, what: str) -> dict[str, Any]:
    """Copy a mapping that a caller gave; ``what`` names it in the message. Raises ``FlowInputError``."""
    if type(value) is not dict and not isinstance(value, Mapping):
        raise FlowInputError(f"flow {run.flow}: {what} is a mapping with string keys, not {type(value).__qualname__}")
    if (wrong := _wrong_key(value)) is not None:
        raise FlowInputError(f"flow {run.flow}: {what} is a mapping with string keys, but has a key of type {wrong}")
    return dict(value)


def output_problem(output: object, transform: bool) -> str | None:
    """Return what is wrong with the value that a step returned, or None."""
    if output is None:
        return "returned None; a transform returns the mapping that becomes the whole context" if transform else None
    wanted = "a mapping with string keys" if transform else "a mapping with string keys, or None"
    if type(output) is not dict and not isinstance(output, Mapping):
        return f"returned {type(output).__qualname__}; return {wanted}"
    if (wrong := _wrong_key(output)) is not None:
        return f"returned a mapping with a key of type {wrong}; return {wanted}"
    return None


def _wrong_key(mapping: Any) -> str | None:
    """Return the name of the type of the first key that is not a string."""
    for key in mapping:
        if type(key) is not str and not isinstance(key, str):
            return type(key).__qualname__
    return None
