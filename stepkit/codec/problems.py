"""What is wrong with a value or a tag, and how messages name it: by type, length and key path, never by value."""

from __future__ import annotations

import json
from typing import Any, cast

KEEP_ON_SELF = "or keep it on self, out of the context"


class Unsavable(Exception):
    """A value cannot come back the same. Each level on the way out adds its step of the key path."""

    def __init__(self, type: type, reason: str) -> None:
        self.type = type
        self.reason = reason
        self.steps: list[str] = []


class Malformed(Exception):
    """A tag does not fit its value. Each level on the way out adds its step of the key path."""

    def __init__(self, problem: str) -> None:
        self.problem = problem
        self.steps: list[str] = []
        self.cause: Exception | None = None
        """What a codec raised; its text is its author's."""


def describe(value: object) -> str:
    """Return how a message names a value: by type and length, never the value itself."""
    kind = type(value)
    if kind is str:
        return f"str of {len(cast(str, value))} characters"
    if kind is bytes:
        return f"bytes of length {len(cast(bytes, value))}"
    return kind.__name__


def name_of(name: object) -> str:
    """Return how a message names a key, a field or a tag: a short string itself, all else as ``describe`` does."""
    return f'"{name}"' if type(name) is str and len(name) <= 60 and name.isprintable() else describe(name)


def key_step(key: Any) -> str:
    """Return a step of a key path: ``.name``, ``["any text"]``, ``[7]``."""
    if type(key) is str:
        return f".{key}" if key.isidentifier() else f"[{json.dumps(key)}]"
    return f"[{key!r}]" if type(key) is int or type(key) is bool or key is None else f"[{type(key).__name__}]"
