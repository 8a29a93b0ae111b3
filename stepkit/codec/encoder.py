"""Encodes one running flow's context again and again, at the cost of little more than ``msgspec`` alone."""

from __future__ import annotations

import marshal
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import chain
from typing import Any, final

import msgspec

from ..errors import UnsavableValueError
from .dumping import Tag
from .plain_json import encode, encode_into, encode_pure
from .problems import describe, key_step
from .registry import DumpedContext, Registry, dump_together, met_in
from .scalars import is_unicode

_WORD = 1 << 63


class _Examined:
    """What was found in the value of one key; it is replaced and never changed, so that encoders can share it."""

    __slots__ = ("digest", "doubled", "json", "met", "raw", "tag", "value")

    def __init__(
        self,
        value: object,
        data: bytes,
        tag: Tag | None,
        met: set[int],
        doubled: bool,
        json: bytes | None,
        digest: bytes | None = None,
    ) -> None:
        self.value = value
        self.raw = msgspec.Raw(data)
        self.tag = tag
        """As if nothing were in two places."""
        self.met = met
        """The ids of what can change in the value."""
        self.doubled = doubled
        """Whether something of that is in the value twice."""
        self.json = json
        """What ``msgspec`` alone makes of the value; None where it can make nothing."""
        self.digest = digest
        """For a value that was read and not changed."""


@final
class ContextEncoder:
    """Remembers, from one checkpoint to the next, what it found in each value of a context.

    What ``msgspec`` writes has to be judged (it writes a tuple as a list and NaN as null), and judging costs more than
    writing. So a value that nobody touched keeps its verdict as long as its JSON stays what it was.
    """

    __slots__ = ("_found", "_joint", "_names", "_registry", "_shares", "buffer")

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self.buffer = bytearray()
        """Written to again and again: new memory for a large value may cost as much as encoding it."""
        self._forget()

    def _forget(self) -> None:
        self._names: set[str] = set()  # keys that are valid text
        self._found: dict[str, _Examined] = {}  # in the order of the context; of values that are more than one scalar
        self._shares = False  # whether anything is in two places
        self._joint: dict[str, Tag] | None = {}  # the tags of the keys that share something; None before it is known

    def inside(self, registry: Registry) -> ContextEncoder:
        """Return an encoder for a context that begins as a copy of this one's; it knows what is known of the values.

        Tagged values are judged anew, as another registry may save them in another way.
        """
        made = ContextEncoder(registry)
        made._names = self._names.copy()
        same = registry is self._registry
        made._found = {key: found for key, found in self._found.items() if same or found.tag is None}
        made._shares, made._joint = self._shares, None if self._shares else {}
        return made

    def encode(
        self, context: Mapping[str, object], touched: Collection[str] | None = None
    ) -> tuple[bytes, dict[str, Tag]]:
        """Return the JSON object of the context, and the tags of those keys that need any.

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
            touched = ()
        if not self._names.issuperset(context):
            self._names.update(map(_checked_name, context))
        before = self._found
        parts: dict[str, Any] = {}
        found: dict[str, _Examined] = {}
        anew: list[_Examined] = []
        for key, value in context.items():
            kind = type(value)
            # Judged here, one scalar costs less than remembering what was found.
            if (
                (kind is int and -_WORD < value < _WORD)  # type: ignore[operator]
                or (kind is str and value.isascii())  # type: ignore[attr-defined]
                or kind is bool
                or value is None
            ):
                parts[key] = value
                continue
            known = before.get(key)
            if known is None or known.value is not value:
                each = self._examine(key, value)
                anew.append(each)
            elif self._is_unchanged(known, key in touched):
                each = known
            else:
                each = self._examine(key, value)
                if each.tag != known.tag:
                    return self._encode(context, None)  # what it shares with others changed too
                if each.tag is None and each.json == known.json:
                    each.digest = _digest(value)  # it was read and not changed, and may be again
                anew.append(each)
            found[key] = each
            parts[key] = each.raw
        if anew or len(found) != len(before) or self._shares:
            self._note_shared(found, anew)
        self._found = found
        tags = {key: each.tag for key, each in found.items() if each.tag is not None}
        encode_into(parts, self.buffer)
        return bytes(self.buffer), {**tags, **self._joint} if self._joint else tags

    def _is_unchanged(self, known: _Examined, touched: bool) -> bool:
        """Say whether a value is what it was, as far as that is quicker to say than to examine it."""
        try:
            if touched:  # its types may have changed, which its JSON does not show
                return known.digest is not None and _digest(known.value) == known.digest
            if known.json is None:
                return False
            encode_into(known.value, self.buffer)
            return self.buffer == known.json
        except Exception:  # what msgspec cannot write (any more)
            return False

    def _examine(self, key: str, value: object) -> _Examined:
        met: set[int] = set()
        data = encode_pure(value, met)
        if data is not None:
            return _Examined(value, data, None, met, False, data)
        return _Examined(value, *self._registry.examine(value, "$" + key_step(key)), _json(value))

    def _note_shared(self, found: dict[str, _Examined], anew: list[_Examined]) -> None:
        """Tag what is in two places, so that it comes back as one."""
        if not self._shares and not _overlap(found.values(), anew):
            return
        if not anew and self._joint is not None and list(found) == list(self._found):
            return
        several = _in_several(found.values())
        ((_, self._joint),) = dump_together([(self._registry, _sharing(found, several))])
        self._shares = bool(several) or any(each.doubled for each in found.values())

    def encode_around(
        self, tags: dict[str, Tag], contexts: Sequence[tuple[Registry, Mapping[str, object]]]
    ) -> tuple[dict[str, Tag], list[DumpedContext]]:
        """Return the plain data and the tags of contexts around this one, which may share objects with it.

        ``tags`` are those that ``encode`` gave; they come back, with what is shared. Raises ``UnsavableValueError``.
        """
        around, met, doubled = met_in(contexts)
        if not doubled and all(met.isdisjoint(each.met) for each in self._found.values()):
            return tags, around
        shared = _sharing(self._found, met | _in_several(self._found.values()))
        (_, joint), *around = dump_together([(self._registry, shared), *contexts])
        own = {key: each.tag for key, each in self._found.items() if each.tag is not None}
        return {**own, **joint}, around


def _overlap(every: Collection[_Examined], anew: list[_Examined]) -> bool:
    """Say whether a value that was examined anew holds something twice, or something that another one holds."""
    if any(each.doubled for each in anew):
        return True
    if len(anew) > 16:  # one union is quicker than many pairs
        return len(set[int]().union(*(each.met for each in every))) != sum(len(each.met) for each in every)
    return not all(each is other or each.met.isdisjoint(other.met) for each in anew if each.met for other in every)


def _in_several(every: Iterable[_Examined]) -> set[int]:
    """Return the ids of what is in the values of several keys."""
    counts = Counter(chain.from_iterable(each.met for each in every))
    return {identity for identity, count in counts.items() if count > 1}


def _sharing(found: dict[str, _Examined], several: set[int]) -> dict[str, object]:
    """Return the keys whose values hold something that is in two places."""
    return {key: each.value for key, each in found.items() if each.doubled or not each.met.isdisjoint(several)}


def _digest(value: Any) -> bytes | None:
    """Return bytes that tell pure values apart, types and all; quicker made than the JSON is judged."""
    try:
        return marshal.dumps(value, 4)
    except ValueError:
        return None


def _json(value: object) -> bytes | None:
    try:
        return encode(value)
    except Exception:
        return None


def _checked_name(key: str) -> str:
    if type(key) is not str or not is_unicode(key):
        raise UnsavableValueError("$", type(key), f"has a key that is {describe(key)}; keys are strings of valid text")
    return key
