"""The algebra of contexts: pure functions over what is known of a context's keys.

It knows nothing of mypy: types are opaque, and how two of them are joined is given by the caller.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Generic, Literal, TypeVar

T = TypeVar("T")
Merge = Literal["override", "error", "warn", "skip", "unknown"]
Join = Callable[[T, T], T]


@dataclass(frozen=True, slots=True, eq=False)
class Key(Generic[T]):
    """What is known of one key. Keys are compared by identity: an untouched key is the same object."""

    type: T
    certain: bool
    giver: str = ""
    """The path of the step that gives it; empty for the flow's input."""
    reason: str = ""
    """Why it may be missing; empty where it is certain."""


@dataclass(frozen=True, slots=True, eq=False)
class Context(Generic[T]):
    """What is known of a context, or of a mapping that is merged into one."""

    keys: Mapping[str, Key[T]] = field(default_factory=dict)
    rest: T | None = None
    """The type of the values under keys that are not known; None where there are no others."""

    @property
    def open(self) -> bool:
        return self.rest is not None


@dataclass(frozen=True, slots=True, eq=False)
class State(Generic[T]):
    """Where a run may be: the context if it goes on, and the one that it may already have ended with."""

    context: Context[T]
    ended: Context[T] | None = None

    def result(self, join: Join[T]) -> Context[T]:
        """What the run gives, however it ends."""
        return self.context if self.ended is None else either(self.ended, self.context, join)


def either(first: Context[T], second: Context[T], join: Join[T], reason: str = "") -> Context[T]:
    """What is known where one of two contexts holds. ``reason``: why a key of only one of them may be missing."""
    if first is second:
        return first
    keys: dict[str, Key[T]] = {}
    for name, key in first.keys.items():
        other = second.keys.get(name)
        if other is key:
            keys[name] = key
        elif other is None:
            keys[name] = _maybe(key, second, join, reason)
        else:
            keys[name] = _joined(key, other, join, reason)
    for name, key in second.keys.items():
        if name not in first.keys:
            keys[name] = _maybe(key, first, join, reason)
    return Context(keys, _join_rest(first.rest, second.rest, join))


def _joined(old: Key[T], new: Key[T], join: Join[T], reason: str) -> Key[T]:
    certain = old.certain and new.certain
    why = "" if certain else (new.reason or old.reason or reason)
    return Key(join(old.type, new.type), certain, new.giver, why)


def _maybe(key: Key[T], other: Context[T], join: Join[T], reason: str) -> Key[T]:
    type = key.type if other.rest is None else join(key.type, other.rest)
    return Key(type, False, key.giver, key.reason or reason)


def _join_rest(first: T | None, second: T | None, join: Join[T]) -> T | None:
    if first is None or second is None:
        return second if first is None else first
    return join(first, second)


def weakened(context: Context[T], reason: str) -> Context[T]:
    """The same keys, none of them certain."""
    return Context(
        {
            name: replace(key, certain=False, reason=reason) if key.certain else key
            for name, key in context.keys.items()
        },
        context.rest,
    )


def write(before: Context[T], change: Context[T], merge: Merge, join: Join[T]) -> Context[T]:
    """The context after ``change`` was merged into it."""
    if not change.keys and change.rest is None:
        return before
    keys = dict(before.keys)
    # A mapping of unknown keys (``change.rest``) leaves known ones as they are: it may have replaced each of them,
    # but to say so of all would blame the many programs in which it adds others.
    for name, new in change.keys.items():
        old = keys.get(name)
        if old is None:
            keys[name] = new if before.rest is None or _replaces(new, merge) else _over_rest(new, before.rest, join)
        elif merge == "skip":
            if not old.certain:
                keys[name] = Key(join(old.type, new.type), new.certain, new.giver, "" if new.certain else old.reason)
        elif merge == "unknown":
            certain = old.certain or new.certain
            keys[name] = Key(join(old.type, new.type), certain, new.giver, "" if certain else old.reason)
        elif new.certain:
            keys[name] = new
        else:
            keys[name] = Key(join(old.type, new.type), old.certain, new.giver, "" if old.certain else new.reason)
    return Context(keys, _join_rest(before.rest, change.rest, join))


def _replaces(new: Key[T], merge: Merge) -> bool:
    return new.certain and merge not in ("skip", "unknown")


def _over_rest(new: Key[T], rest: T, join: Join[T]) -> Key[T]:
    """A key that an open context may have had before, under a change that need not replace it."""
    return replace(new, type=join(rest, new.type))


def changes(before: Context[T], inside: Context[T]) -> Context[T]:
    """What the inside of a container, which began with ``before``, has written."""
    return Context(
        {name: key for name, key in inside.keys.items() if before.keys.get(name) is not key},
        None if inside.rest is before.rest else inside.rest,
    )


def collisions(before: Context[T], change: Context[T]) -> list[str]:
    """The keys that both have, or may have."""
    return [name for name in change.keys if name in before.keys]


def alternatives(shapes: Iterable[Context[T]], join: Join[T], reason: str) -> Context[T]:
    """What is known of a mapping that is one of several."""
    result: Context[T] | None = None
    for shape in shapes:
        result = shape if result is None else either(result, shape, join, reason)
    return Context() if result is None else result


def merged(contexts: Sequence[Context[T]], join: Join[T]) -> Context[T]:
    """One context for many. A union of as many types as a long flow has steps would cost mypy their square."""
    first = contexts[0]
    seen: dict[str, Key[T]] = dict(first.keys)
    count: dict[str, int] = {name: 1 for name, key in seen.items() if key.certain}
    rest = first.rest
    for context in contexts[1:]:
        rest = context.rest if rest is None else rest
        for name, key in context.keys.items():
            old = seen.get(name)
            if key.certain:
                count[name] = count.get(name, 0) + 1
            if old is not key:
                seen[name] = key if old is None else Key(join(old.type, key.type), False)
    return Context({name: Key(key.type, count.get(name) == len(contexts)) for name, key in seen.items()}, rest)
