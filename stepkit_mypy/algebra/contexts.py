"""The algebra of contexts: pure functions over what is known of a context's keys.

It knows nothing of mypy: types are opaque, and how two of them are joined is given by the caller.

A mapping of unknown keys (``rest``) may hold any key, but known keys keep the types of the steps that give them: that
it may have given one of them too, in another type, is said of none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import field, replace
from typing import Generic, Literal, TypeVar

from ..records import dataclass

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
class Told(Generic[T]):
    """A mistake about a key that was reported where a step reads it."""

    key: Key[T] | None
    """The key as it was there; None where it was missing. If it is given anew, that is another one."""
    wanted: T | None
    """What that step reads it as; None where it does not say."""
    guess: bool = False
    """Whether the key is one whose type is not known, as two steps are wrong about it in the same way."""
    instead_of: Key[T] | None = None
    """What the guess stands for; None where the key is missing."""


@dataclass(frozen=True, slots=True, eq=False)
class Context(Generic[T]):
    """What is known of a context, or of a mapping that is merged into one."""

    keys: Mapping[str, Key[T]] = field(default_factory=dict)
    rest: T | None = None
    """The type of the values under keys that are not known; None where there are no others."""
    told: Mapping[str, Told[T]] = field(default_factory=dict)
    """The mistakes that were reported already: a later step is not blamed for one again."""

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
            keys[name] = _maybe(key, reason)
        else:
            keys[name] = _joined(key, other, join, reason)
    for name, key in second.keys.items():
        if name not in first.keys:
            keys[name] = _maybe(key, reason)
    told = first.told if first.told is second.told else {**first.told, **second.told}
    return Context(keys, _join_rest(first.rest, second.rest, join), told)


def _joined(old: Key[T], new: Key[T], join: Join[T], reason: str) -> Key[T]:
    certain = old.certain and new.certain
    why = "" if certain else (new.reason or old.reason or reason)
    return Key(join(old.type, new.type), certain, new.giver, why)


def _maybe(key: Key[T], reason: str) -> Key[T]:
    return Key(key.type, False, key.giver, key.reason or reason)


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
            keys[name] = new
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
    told = {**before.told, **change.told} if change.told else before.told
    return Context(keys, _join_rest(before.rest, change.rest, join), told)


def changes(before: Context[T], inside: Context[T]) -> Context[T]:
    """What the inside of a container, which began with ``before``, has written."""
    keys = {
        name: key
        for name, key in inside.keys.items()
        if (old := before.keys.get(name)) is not key and not _is_guess_for(old, key, inside.told.get(name))
    }
    return Context(
        keys,
        None if inside.rest is before.rest else inside.rest,
        {name: told for name, told in inside.told.items() if told.key is not None and told.key is keys.get(name)},
    )


def _is_guess_for(old: Key[T] | None, key: Key[T], told: Told[T] | None) -> bool:
    return told is not None and told.guess and told.key is key and told.instead_of is old


def telling(context: Context[T], wrong: Mapping[str, T | None], unknown: T) -> Context[T]:
    """The context behind a step that is wrong about these keys, each with the type that the step reads it as.

    The first step that is wrong may be wrong itself: the key stays what it is. A second one says the same of it: then
    the step that gives the key is wrong, or leaves it out, and what is right is not known.
    """
    if not wrong:
        return context
    keys, told = dict(context.keys), dict(context.told)
    for name, wanted in wrong.items():
        key, before = keys.get(name), told.get(name)
        if before is None or before.key is not key:
            told[name] = Told(key, wanted)
        elif not before.guess:
            keys[name] = guess = Key(unknown, True) if key is None else replace(key, type=unknown)
            told[name] = Told(guess, None, guess=True, instead_of=key)
    return Context(keys, context.rest, told)


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
