"""Whether a value is JSON as it stands: nothing in it but exact None, bool, int, float, str, list and dict.

``msgspec`` writes far more than that (a tuple as a list, NaN as null) without a word, so what it wrote has to be
judged. The walk goes level by level, and almost all of it runs in C.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable
from itertools import chain
from math import isfinite
from typing import Any

import msgspec

from .scalars import DIGITS

MAX_DEPTH = 100
"""Levels of containers in a value, at most: as many as every parser and every walk here can take."""

encode: Callable[[Any], bytes] = msgspec.json.Encoder().encode
encode_into: Callable[[Any, bytearray], None] = msgspec.json.Encoder().encode_into

_SCALARS = frozenset([str, int, float, bool, type(None)])
_PURE = _SCALARS | {list, dict}
_KEYS = frozenset([str])

# A dict's referents are its keys and values; CPython leaves the keys out where all of them are exact strings.
_KEYS_LEFT_OUT = len(gc.get_referents({"a": None})) == 1 and len(gc.get_referents({(): None})) == 2


def encode_pure(value: Any, met: set[int] | None = None) -> bytes | None:
    """Return the JSON of ``value`` if it is JSON as it stands, else None: also where a list or dict is in it twice.

    The ids of its lists and dicts are added to ``met``.
    """
    kind = type(value)
    if kind not in _PURE or not 0 < sys.get_int_max_str_digits() <= DIGITS:
        return None
    try:
        data = encode(value)
    except Exception:  # lone surrogates, a cycle, something that has no JSON form, a conversion that failed
        return None
    # It was written, so the value is a finite tree.
    if kind is list or kind is dict:
        return data if _is_pure(value, b"null" in data, set() if met is None else met) else None
    return None if kind is float and not isfinite(value) else data


def _is_pure(value: Any, check_floats: bool, met: set[int]) -> bool:
    """Say whether a list or dict is pure. ``check_floats``: the JSON has nulls, any of which may be a NaN."""
    level: list[Any] = [value]
    count = 0
    for _ in range(MAX_DEPTH + 1):
        kinds = set(map(type, level))
        if not kinds <= _PURE:
            return False
        if check_floats and float in kinds and not all(map(isfinite, [x for x in level if type(x) is float])):
            return False
        if dict in kinds:
            dicts = level if len(kinds) == 1 else [x for x in level if type(x) is dict]
            met.update(map(id, dicts))
            count += len(dicts)
            inside = gc.get_referents(*dicts) if _KEYS_LEFT_OUT else []
            if len(inside) != sum(map(len, dicts)):
                if not set(map(type, chain.from_iterable(dicts))) <= _KEYS:
                    return False
                inside = list(chain.from_iterable(map(dict.values, dicts)))
            if list in kinds:
                lists = [x for x in level if type(x) is list]
                met.update(map(id, lists))
                count += len(lists)
                inside += chain.from_iterable(lists)
            level = inside
        elif list in kinds:
            lists = level if len(kinds) == 1 else [x for x in level if type(x) is list]
            met.update(map(id, lists))
            count += len(lists)
            level = list(chain.from_iterable(lists))
        else:
            break
        if not level:
            break
    else:
        return False
    return count == len(met)


def depth_exceeds(value: Any, limit: int) -> bool:
    """Say whether plain JSON data, as a parser gives it, has more than ``limit`` levels of containers."""
    level: list[Any] = [value]
    for _ in range(limit + 1):
        level = [x for x in level if type(x) is dict or type(x) is list]
        if not level:
            return False
        level = [x for y in level for x in (y.values() if type(y) is dict else y)]
    return True
