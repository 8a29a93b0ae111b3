"""Copies, so that what one holder does to a value does not show elsewhere."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping
from typing import Any

_ATOMIC = frozenset([type(None), bool, int, float, complex, str, bytes])


def copy_value(value: Any) -> Any:
    """Make a deep copy; what cannot be copied (a connection, a lock) is shared, and only that."""
    if type(value) in _ATOMIC:
        return value
    try:
        return copy.deepcopy(value)
    except Exception:
        pass  # something inside cannot be copied: look which
    try:
        return _copy_what_can_be(value, {})
    except RecursionError:
        return value


def copy_context(context: Mapping[str, Any], keys: Iterable[str] | None = None) -> dict[str, Any]:
    """Make a deep copy of the context, or of those of ``keys`` that it has."""
    chosen = dict(context) if keys is None else {key: context[key] for key in keys if key in context}
    for value in chosen.values():
        if type(value) not in _ATOMIC:
            copied: dict[str, Any] = copy_value(chosen)
            return copied
    return chosen


def _copy_what_can_be(value: Any, memo: dict[int, Any]) -> Any:
    """Copy plain containers item by item. Any other object is copied as a whole or shared as a whole: half of a
    ``threading.Event`` is none.

    ``memo`` keeps the identities: what was the same object twice is so in the copy.
    """
    kind = type(value)
    if kind in _ATOMIC:
        return value
    if id(value) in memo:
        return memo[id(value)]
    if kind is dict:
        copied: Any = {}
        memo[id(value)] = copied
        for key, item in value.items():
            copied[_copy_what_can_be(key, memo)] = _copy_what_can_be(item, memo)
        return copied
    if kind is list:
        copied = []
        memo[id(value)] = copied
        copied.extend(_copy_what_can_be(item, memo) for item in value)
        return copied
    if kind in (tuple, set, frozenset):
        copied = kind(_copy_what_can_be(item, memo) for item in value)
    else:
        known = len(memo)
        try:
            copied = copy.deepcopy(value, memo)
        except Exception:
            while len(memo) > known:
                memo.popitem()  # what was half made
            return value
    memo[id(value)] = copied
    return copied
