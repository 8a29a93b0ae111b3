"""Encodes one running flow's context again and again, at the cost of little more than ``msgspec`` alone."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from itertools import compress, count
from operator import is_not
from typing import Any, final

from ..errors import UnsavableValueError
from .dumping import Tag, key_step
from .kinds import is_unicode
from .purity import encode, encode_pure
from .registry import Registry

_IMMUTABLE = (str, int, float, bool, type(None))


@final
class ContextEncoder:
    """Remembers, from one checkpoint to the next, what it found in each value of a context.

    What ``msgspec`` writes has to be judged (it writes a tuple as a list and NaN as null), and judging costs more than
    writing. So a key that nobody touched keeps its verdict as long as its JSON stays what it was.
    """

    __slots__ = ("_at", "_containers", "_keys", "_parts", "_probes", "_registry", "_tags", "_values")

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._forget()

    def _forget(self) -> None:
        self._keys: list[str] = []
        self._at: dict[str, int] = {}  # the place of each key
        self._values: list[Any] = []
        self._parts: list[bytes] = []  # '"key":value', in the order of the keys
        self._probes: list[bytes | None] = []  # what msgspec alone makes of a value; None where it can make nothing
        self._containers: set[int] = set()  # places of the values that can change in place
        self._tags: dict[str, Tag] = {}

    def encode(
        self, context: Mapping[str, object], touched: Collection[str] | None = None
    ) -> tuple[bytes, dict[str, Tag]]:
        """The JSON object of the context, and the tags of those keys that need any.

        ``touched`` names the keys whose values may have changed since the last call, in place or by another object;
        they are examined anew. None examines everything. For a key that is not touched every change is seen that
        changes its JSON, and every other object; not seen is a change in place of nothing but a type (a tuple in it
        became an equal list), so keys that somebody could change like that belong in ``touched``. Values that share
        something with a touched one are looked after: if its tags change, everything is examined.

        Raises ``UnsavableValueError`` with the key path; the encoder can be used again after it.
        """
        try:
            return self._encode(context, touched)
        except BaseException:
            self._forget()
            raise

    def _encode(self, context: Mapping[str, object], touched: Collection[str] | None) -> tuple[bytes, dict[str, Tag]]:
        if touched is None:
            self._forget()
        keys, values = list(context), list(context.values())
        known = len(self._keys)
        if keys[:known] != self._keys:
            self._reorder(keys)
            known = len(self._keys)
        places = set(compress(count(), map(is_not, values[:known], self._values)))
        anew = places.union(range(known, len(keys)))
        if touched:
            anew.update(self._at[key] for key in touched if key in self._at)
        for place in sorted(anew) if anew else ():
            fresh = place >= known
            same = not fresh and place not in places
            if self._examine(keys[place], values[place], place, fresh) and same:
                return self._encode(context, None)  # what it shares with others changed too
        for place in self._containers - anew:
            if not self._unchanged(place) and self._examine(keys[place], values[place], place, False):
                return self._encode(context, None)
        return b"{" + b",".join(self._parts) + b"}", dict(self._tags)

    def _reorder(self, keys: list[str]) -> None:
        """Bring what is known into the order of ``keys``, up to the first key that is not known."""
        at = self._at
        old = [at[key] for key in keys if key in at]
        if any(key not in at for key in keys[: len(old)]):
            self._forget()  # a new key in between: rare, as a step's keys are added at the end
            return
        kept = {self._keys[place] for place in old}
        self._containers = {new for new, place in enumerate(old) if place in self._containers}
        self._tags = {key: tag for key, tag in self._tags.items() if key in kept}
        self._keys = [self._keys[place] for place in old]
        self._at = {key: place for place, key in enumerate(self._keys)}
        self._values = [self._values[place] for place in old]
        self._parts = [self._parts[place] for place in old]
        self._probes = [self._probes[place] for place in old]

    def _unchanged(self, place: int) -> bool:
        probe = self._probes[place]
        if probe is None:
            return False
        try:
            return encode(self._values[place]) == probe
        except Exception:
            return False

    def _examine(self, key: str, value: object, place: int, fresh: bool) -> bool:
        """Encode one value and remember what was found. Returns whether its tag changed."""
        data = probe = encode_pure(value)
        tag: Tag | None = None
        mutable = type(value) not in _IMMUTABLE
        if data is None:
            data, tag = self._registry.dump(value, "$" + key_step(key))
            if mutable:
                probe = _probe(value)
        if fresh:
            part = _key(key) + data
            self._keys.append(key)
            self._at[key] = place
            self._values.append(value)
            self._parts.append(part)
            self._probes.append(probe if mutable else None)
        else:
            self._values[place] = value
            self._parts[place] = _key(key) + data
            self._probes[place] = probe if mutable else None
        if mutable:
            self._containers.add(place)
        else:
            self._containers.discard(place)
        before = self._tags.get(key)
        if tag is None:
            self._tags.pop(key, None)
        else:
            self._tags[key] = tag
        return before != tag


def _probe(value: object) -> bytes | None:
    try:
        return encode(value)
    except Exception:
        return None


def _key(key: str) -> bytes:
    if type(key) is not str or not is_unicode(key):
        raise UnsavableValueError("$", type(key), f"has the key {key!r}; keys are plain strings of valid text")
    return encode(key) + b":"
