"""Copies, so that what one holder does to a value does not show elsewhere."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping
from typing import Any

_ATOMIC = frozenset([type(None), bool, int, float, complex, str, bytes])


def copy_value(value: Any) -> Any:
    """A deep copy; what cannot be copied (a connection, a lock) is shared."""
    if type(value) in _ATOMIC:
        return value
    try:
        return copy.deepcopy(value)
    except Exception:
        if type(value) is dict:
            return {key: copy_value(item) for key, item in value.items()}
        if type(value) is list:
            return [copy_value(item) for item in value]
        return value


def copy_context(context: Mapping[str, Any], keys: Iterable[str] | None = None) -> dict[str, Any]:
    """A deep copy of the context, or of those of ``keys`` that it has."""
    chosen = dict(context) if keys is None else {key: context[key] for key in keys if key in context}
    if all(type(value) in _ATOMIC for value in chosen.values()):
        return chosen
    copied: dict[str, Any] = copy_value(chosen)
    return copied
