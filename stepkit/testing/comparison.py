"""Compares values as a resume has to keep them: equal, and of the same types."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence, Set
from decimal import Decimal
from typing import Any


def difference(expected: object, actual: object, path: str = "$") -> str | None:
    """The first difference between two values, with its key path (``$.order.items[1]``), or None.

    Stricter than ``==``: the types must be the same, so ``(1,)`` is not ``[1]``, ``True`` is not ``1`` and
    ``Decimal("1.0")`` is not ``Decimal("1")``; and NaN equals NaN. The order of a dict's keys does not count.
    """
    if type(expected) is not type(actual):
        return f"{path}: expected {_short(expected)} ({_type(expected)}), got {_short(actual)} ({_type(actual)})"
    if isinstance(expected, Mapping) and isinstance(actual, Mapping):
        return _mapping_difference(expected, actual, path)
    if (
        isinstance(expected, Sequence)
        and isinstance(actual, Sequence)
        and not isinstance(expected, str | bytes | bytearray)
    ):
        if len(expected) != len(actual):
            return f"{path}: expected {len(expected)} items, got {len(actual)}"
        for place, (left, right) in enumerate(zip(expected, actual, strict=True)):
            if found := difference(left, right, f"{path}[{place}]"):
                return found
        return None
    if isinstance(expected, Set) and isinstance(actual, Set):
        # Equal items of two sets can still differ in type.
        same = expected == actual and sorted(map(_type, expected)) == sorted(map(_type, actual))
    elif dataclasses.is_dataclass(expected) and not isinstance(expected, type):
        for field in dataclasses.fields(expected):
            missing = object()
            left, right = getattr(expected, field.name, missing), getattr(actual, field.name, missing)
            if found := difference(left, right, f"{path}.{field.name}"):
                return found
        return None
    elif isinstance(expected, float | complex | Decimal):
        same = repr(expected) == repr(actual)  # NaN, and a signalling NaN even raises when it is compared
    else:
        try:
            same = bool(expected == actual)
        except Exception:  # something inside cannot be compared
            same = repr(expected) == repr(actual)
    return None if same else f"{path}: expected {_short(expected)}, got {_short(actual)}"


def _mapping_difference(expected: Mapping[Any, Any], actual: Mapping[Any, Any], path: str) -> str | None:
    for key, value in expected.items():
        here = f"{path}.{key}" if isinstance(key, str) and key.isidentifier() else f"{path}[{key!r}]"
        if key not in actual:
            return f"{here}: expected {_short(value)}, but it is missing"
        if found := difference(value, actual[key], here):
            return found
    for key in actual:
        if key not in expected:
            return f"{path}: got the key {key!r}, which was not expected"
    if sorted(map(_type, expected)) != sorted(map(_type, actual)):
        return f"{path}: the keys are equal, but of other types"
    return None


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 80 else text[:77] + "..."


def _type(value: object) -> str:
    return type(value).__qualname__
