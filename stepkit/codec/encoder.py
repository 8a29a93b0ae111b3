"""Encodes one running flow's context again and again, at the cost of little more than ``msgspec`` alone."""

from __future__ import annotations

import marshal
from collections import Counter
from collections.abc import Collection, Mapping, Sequence, Set
from itertools import chain, compress
from operator import is_not
from typing import Any, final

from ..errors import UnsavableValueError
from .dumping import Tag
from .plain_json import encode, encode_pure
from .problems import describe, key_step
from .registry import DumpedContext, Registry, dump_together, met_in
from .scalars import is_unicode

_WORD = 1 << 63
_NOTHING: frozenset[int] = frozenset()


@final
class ContextEncoder:
    """Remembers, from one checkpoint to the next, what it found in each value of a context.

    What ``msgspec`` writes has to be judged (it writes a tuple as a list and NaN as null), and judging costs more than
    writing. So a key that nobody touched keeps its verdict as long as its JSON stays what it was.
    """

    __slots__ = (
        "_at",
        "_containers",
        "_doubled",
        "_joint",
        "_keys",
        "_marks",
        "_met",
        "_names",
        "_parts",
        "_probes",
        "_registry",
        "_shares",
        "_stale",
        "_tags",
        "_values",
    )

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._forget()

    def _forget(self) -> None:
        self._keys: list[str] = []
        self._at: dict[str, int] = {}  # the place of each key
        self._values: list[Any] = []
        self._parts: list[bytes] = []  # '"key":value', in the order of the keys
        self._names: list[bytes] = []  # '"key":'
        self._probes: list[bytes | None] = []  # what msgspec alone makes of a value; None where it can make nothing
        self._marks: list[bytes | None] = []  # for pure values that were read and not changed
        self._containers: dict[int, None] = {}  # places of the values that can change in place
        self._tags: dict[str, Tag] = {}  # as if nothing were in two places
        self._met: dict[int, Set[int]] = {}  # by place, the ids of what can change in a value
        self._doubled: set[int] = set()  # places of the values in which something is twice
        self._shares = False  # whether anything is in two places
        self._stale: set[int] = set()  # places that were examined since that was looked at
        self._joint: dict[str, Tag] = {}  # the tags of the keys that share something

    def inside(self, registry: Registry) -> ContextEncoder:
        """An encoder for a context that begins as a copy of this one's; it knows what is known of the values.

        Tagged values are judged anew, as another registry may save them in another way.
        """
        made = ContextEncoder(registry)
        made._keys, made._at, made._values = self._keys[:], self._at.copy(), self._values[:]
        made._parts, made._names = self._parts[:], self._names[:]
        made._probes, made._marks = self._probes[:], self._marks[:]
        made._containers, made._tags = self._containers.copy(), self._tags.copy()
        made._met, made._doubled = self._met.copy(), self._doubled.copy()
        made._shares, made._stale = self._shares, set(self._met) if self._shares else set()
        for key in () if registry is self._registry else tuple(self._tags):
            place = self._at[key]
            made._examine(key, self._values[place], place)
        return made

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
        if keys != self._keys and keys[: len(self._keys)] != self._keys:
            self._reorder(keys)
        known = self._values
        others: Collection[int] = tuple(compress(range(len(known)), map(is_not, values, known)))
        for place in others:  # another object than last time
            self._examine(keys[place], values[place], place)
        if touched:
            if len(others) > 8:
                others = frozenset(others)
            for key in touched:
                place = self._at.get(key, -1)
                if place in self._containers and place not in others and self._examine_again(key, place):
                    return self._encode(context, None)  # what it shares with others changed too
        for place in self._containers:
            if place in others or (touched and keys[place] in touched) or self._unchanged(place):
                continue
            if self._examine_again(keys[place], place):
                return self._encode(context, None)
        for place in range(len(known), len(keys)):
            self._add(keys[place], values[place])
        if self._stale:
            if self._shares or self._overlap():
                self._join()
            self._stale = set()
        return b"{" + b",".join(self._parts) + b"}", {**self._tags, **self._joint}

    def _overlap(self) -> bool:
        """Whether a value that was examined holds something twice, or something that another one holds."""
        if not self._doubled.isdisjoint(self._stale):
            return True
        every = self._met.values()
        if len(self._stale) > 16:
            return len(set().union(*every)) != sum(map(len, every))
        for place in self._stale:
            met = self._met.get(place, _NOTHING)
            if not all(other is met or met.isdisjoint(other) for other in every):
                return True
        return False

    def _join(self) -> None:
        """Tag what is in two places, so that it comes back as one."""
        counts = Counter(chain.from_iterable(self._met.values()))
        several = {identity for identity, count in counts.items() if count > 1}
        ((_, self._joint),) = dump_together([(self._registry, self._sharing(several))])
        self._shares = bool(self._doubled or several)

    def _sharing(self, several: Collection[int]) -> dict[str, Any]:
        """The keys whose values hold something that is in two places."""
        places = [p for p, met in self._met.items() if p in self._doubled or not met.isdisjoint(several)]
        return {self._keys[place]: self._values[place] for place in sorted(places)}

    def encode_around(
        self, tags: dict[str, Tag], contexts: Sequence[tuple[Registry, Mapping[str, object]]]
    ) -> tuple[dict[str, Tag], list[DumpedContext]]:
        """The plain data and the tags of contexts around this one, which may share objects with it.

        ``tags`` are those that ``encode`` gave; they come back, with what is shared. Raises ``UnsavableValueError``.
        """
        found, met, doubled = met_in(contexts)
        if not doubled and all(map(met.isdisjoint, self._met.values())):
            return tags, found
        counts = Counter(chain.from_iterable(self._met.values()))
        several = met | {identity for identity, count in counts.items() if count > 1}
        (_, joint), *found = dump_together([(self._registry, self._sharing(several)), *contexts])
        return {**self._tags, **joint}, found

    def _reorder(self, keys: list[str]) -> None:
        """Bring what is known into the order of ``keys``, up to the first key that is not known."""
        at = self._at
        old = [at[key] for key in keys if key in at]
        if any(key not in at for key in keys[: len(old)]):
            self._forget()  # a new key in between: rare, as a step's keys are added at the end
            return
        kept = {self._keys[place] for place in old}
        self._containers = {new: None for new, place in enumerate(old) if place in self._containers}
        self._tags = {key: tag for key, tag in self._tags.items() if key in kept}
        self._met = {new: self._met[place] for new, place in enumerate(old) if place in self._met}
        self._doubled = {new for new, place in enumerate(old) if place in self._doubled}
        self._stale = set(self._met)
        if not self._stale:
            self._shares, self._joint = False, {}
        self._keys = [self._keys[place] for place in old]
        self._at = {key: place for place, key in enumerate(self._keys)}
        self._values = [self._values[place] for place in old]
        self._parts = [self._parts[place] for place in old]
        self._names = [self._names[place] for place in old]
        self._probes = [self._probes[place] for place in old]
        self._marks = [self._marks[place] for place in old]

    def _unchanged(self, place: int) -> bool:
        probe = self._probes[place]
        if probe is None:
            return False
        try:
            return encode(self._values[place]) == probe
        except Exception:
            return False

    def _add(self, key: str, value: object) -> None:
        place = len(self._keys)
        self._keys.append(key)
        self._at[key] = place
        self._names.append(_name(key))
        self._values.append(value)
        self._parts.append(b"")
        self._probes.append(None)
        self._marks.append(None)
        self._examine(key, value, place)

    def _examine(self, key: str, value: object, place: int) -> None:
        """Encode one value and remember what was found."""
        self._values[place] = value
        if (type(value) is int and -_WORD < value < _WORD) or type(value) is bool or value is None:
            data, tag = encode(value), None
            self._containers.pop(place, None)
            self._meet(place, _NOTHING, False)
        else:
            met: set[int] = set()
            doubled = False
            pure = encode_pure(value, met)
            if pure is not None:
                data, tag = pure, None
            else:
                data, tag, met, doubled = self._registry.examine(value, "$" + key_step(key))
            self._meet(place, met, doubled)
            if type(value) is str or type(value) is float or type(value) is int:
                self._containers.pop(place, None)
            else:
                self._containers[place] = None
                self._probes[place] = pure if pure is not None else _probe(value)
                self._marks[place] = None
        self._parts[place] = self._names[place] + data
        if tag is not None:
            self._tags[key] = tag
        elif self._tags:
            self._tags.pop(key, None)

    def _meet(self, place: int, met: Set[int], doubled: bool) -> None:
        """Note what can change in a value, and whether something of it is in it twice."""
        if met:
            self._met[place] = met
        elif self._met.pop(place, None) is None:
            return
        self._stale.add(place)
        if doubled:
            self._doubled.add(place)
        else:
            self._doubled.discard(place)

    def _examine_again(self, key: str, place: int) -> bool:
        """Encode a value that may have changed in place. Returns whether its tag changed."""
        value = self._values[place]
        mark = self._marks[place]
        if mark is not None and _mark(value) == mark:
            return False
        probe, tag = self._probes[place], self._tags.get(key)
        self._examine(key, value, place)
        if tag is None and key not in self._tags and probe == self._probes[place]:
            self._marks[place] = _mark(value)  # it was read and not changed, and may be again
        return tag != self._tags.get(key)


def _mark(value: Any) -> bytes | None:
    """Bytes that tell pure values apart, types and all; quicker made than the JSON is judged."""
    try:
        return marshal.dumps(value, 4)
    except ValueError:
        return None


def _probe(value: object) -> bytes | None:
    try:
        return encode(value)
    except Exception:
        return None


def _name(key: str) -> bytes:
    if type(key) is not str or not is_unicode(key):
        raise UnsavableValueError("$", type(key), f"has a key that is {describe(key)}; keys are strings of valid text")
    return encode(key) + b":"
