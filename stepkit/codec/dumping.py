"""The slow walk: makes of a value plain JSON data, and the tag that restores what JSON has no form for.

A tag mirrors its value only where that is needed; ``None`` is a value that is JSON as it stands:

    "datetime"                                        a builtin kind
    {"in": {"at": "datetime"}}                        a dict (or list) with a datetime in one place
    {"is": "tuple", "each": "date"}                   a tuple of dates
    {"is": "deque", "maxlen": 9}                      a kind with what its plain form does not hold
    {"key": "int"}, {"keys": {"1": "int"}}            a dict whose keys are text for something else
    {"pairs": true, "keys": {"each": "tuple"}}        a dict written as a list of [key, value]
    {"class": "app.orders:Order", "in": {...}}        a class of the flow
    {"shared": 1, ...}                                an object that can change and stands in other places too
    {"same": 1}                                       such a place: the object is the one that "shared" numbers
"""

from __future__ import annotations

import enum
import json
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any, NamedTuple, Protocol, cast

from .loading import FACTORIES, Loader, LoadRegistry
from .plain_json import MAX_DEPTH, encode
from .problems import KEEP_ON_SELF, Unsavable, key_step
from .scalars import base64_of, encoder_of, escape, is_number, is_unicode, not_finite

Tag = str | dict[str, Any]
Dumped = tuple[Any, Tag | None]
"""Plain JSON data, and the tag that restores the value from them."""


class DumpAdapter(Protocol):
    """Saves the instances of exactly one class."""

    def dump(self, value: Any, dumper: Dumper) -> Dumped: ...


class DumpRegistry(LoadRegistry, Protocol):
    """Knows which classes can be saved, and how."""

    def adapter_of(self, cls: type) -> DumpAdapter | None: ...
    def tag_name(self, cls: type) -> str: ...
    def advice_for(self, cls: type) -> str: ...


class Met(NamedTuple):
    """What was made of an object that can change."""

    value: Any
    plain: Any
    tag: Tag | None
    """The tag of any other place of the object."""
    height: int


class Dumper:
    """Dumps the values of one walk. Raises ``Unsavable``; the caller catches ``RecursionError``.

    It notes in ``twice`` which objects that can change stand in two places. A second walk that is told of them tags
    them, so that they come back as one.
    """

    def __init__(self, registry: DumpRegistry, shared: Collection[int] = (), first: int = 1) -> None:
        self.registry = registry
        self.entered: set[int] = set()
        self.shared = shared
        self.next = first
        self.deepest = 0
        self.met: dict[int, Met] = {}
        """The objects that can change, by id."""
        self.twice: set[int] = set()
        self.in_sets = 0
        self.only_in_sets: set[int] = set()

    def dump(self, value: Any) -> Dumped:
        kind = type(value)
        if kind is str:
            return (value, None) if is_unicode(value) else (escape(value), "str")
        if kind is bool or value is None:
            return value, None
        if kind is int:
            return (value, None) if is_number(value) else (hex(value), "int")
        if kind is float:
            return (value, None) if value - value == 0.0 else (not_finite(value), "float")
        adapter = self.registry.adapter_of(kind)
        if adapter is None:
            leaf = encoder_of(kind)
            if leaf is not None and kind is not bytearray:
                plain, fields = leaf[1](value)
                return plain, {"is": leaf[0], **fields} if fields else leaf[0]
        changes = kind not in _UNCHANGING and not issubclass(kind, _UNCHANGING_CLASSES)
        if changes and (known := self.met.get(id(value))) is not None:
            self._again(value, known)
            return known.plain, known.tag
        level, around, self.deepest = len(self.entered), self.deepest, len(self.entered)
        plain, tag = self._dump_new(value, kind, adapter)
        if changes:
            tag = self._note(value, plain, tag, self.deepest - level)
        self.deepest = max(around, self.deepest)
        return plain, tag

    def _again(self, value: Any, known: Met) -> None:
        self.twice.add(id(value))
        if len(self.entered) + known.height > MAX_DEPTH:
            raise Unsavable(type(value), _too_deep())
        self.deepest = max(self.deepest, len(self.entered) + known.height)
        if self.in_sets or id(value) in self.only_in_sets:
            raise Unsavable(
                type(value),
                "is in a set and in another place too, and a checkpoint cannot bring it back as one; keep a copy in "
                f"one of them, {KEEP_ON_SELF}",
            )

    def _note(self, value: Any, plain: Any, tag: Tag | None, height: int) -> Tag | None:
        """Remember an object that can change; its tag, with its number where it stands in other places too."""
        if self.in_sets:
            self.only_in_sets.add(id(value))
        if id(value) not in self.shared:
            self.met[id(value)] = Met(value, plain, tag, height)
            return tag
        number, self.next = self.next, self.next + 1
        self.met[id(value)] = Met(value, plain, {"same": number}, height)
        return {**(tag if isinstance(tag, dict) else {} if tag is None else {"is": tag}), "shared": number}

    def _dump_new(self, value: Any, kind: type, adapter: DumpAdapter | None) -> Dumped:
        if id(value) in self.entered:
            raise Unsavable(kind, "contains itself, so its JSON would have no end; break the cycle " + KEEP_ON_SELF)
        if len(self.entered) >= MAX_DEPTH:
            raise Unsavable(kind, _too_deep())
        self.entered.add(id(value))
        self.deepest = max(self.deepest, len(self.entered))
        try:
            if adapter is not None:
                return adapter.dump(value, self)
            if kind is bytearray:
                return base64_of(value), "bytearray"
            dump = _CONTAINERS.get(kind)
            if dump is None:
                dump = _container(kind)
            if dump is None:
                raise Unsavable(kind, self.registry.advice_for(kind))
            return dump(self, value)
        finally:
            self.entered.discard(id(value))

    def apart(self) -> Dumper:
        """Return a dumper for a walk of its own."""
        return Dumper(self.registry)

    def loader(self) -> Loader:
        """Return what restores the values of this walk."""
        return Loader(self.registry)

    def items(
        self, values: Iterable[Any], step: Callable[[int], str] = "[{}]".format
    ) -> tuple[list[Any], dict[str, Any]]:
        """Return the plain list of the values, and their tags as fields of the container's tag."""
        plains: list[Any] = []
        tags: dict[str, Any] = {}
        place = 0
        try:
            for place, value in enumerate(values):
                plain, tag = self.dump(value)
                plains.append(plain)
                if tag is not None:
                    tags[str(place)] = tag
        except Unsavable as error:
            error.steps.append(step(place))
            raise
        return plains, compact(tags, len(plains))

    def named(self, values: Mapping[str, Any], step: Callable[[str], str]) -> tuple[dict[str, Any], dict[str, Any]]:
        """Do as ``items``, for values by name."""
        plains: dict[str, Any] = {}
        tags: dict[str, Any] = {}
        name = ""
        try:
            for name, value in values.items():
                if not is_unicode(name):
                    raise Unsavable(type(value), "is under a name that is not valid text")
                plain, tag = self.dump(value)
                plains[name] = plain
                if tag is not None:
                    tags[name] = tag
        except Unsavable as error:
            error.steps.append(step(name))
            raise
        return plains, compact(tags, len(plains))

    def mapping(self, value: Mapping[Any, Any]) -> tuple[Any, dict[str, Any]]:
        """Return the plain form of a dict with any keys, and the fields of its tag."""
        texts, key_tags = self._key_texts(value)
        if texts is None:
            return self._pairs(value)
        by_text = dict(zip(texts, value.values(), strict=True))
        originals = dict(zip(texts, value, strict=True)) if key_tags else by_text
        plain, fields = self.named(by_text, lambda text: key_step(originals[text] if key_tags else text))
        if key_tags:
            alike = compact(key_tags, len(texts))
            fields |= {"key": alike["each"]} if "each" in alike else {"keys": key_tags}
        return plain, fields

    def _key_texts(self, value: Mapping[Any, Any]) -> tuple[list[str] | None, dict[str, Any]]:
        """Return the keys as texts, and the tags of those that are not strings; None where a key has no text."""
        texts: list[str] = []
        tags: dict[str, Any] = {}
        for place, key in enumerate(value):
            kind = type(key)
            if kind is str and is_unicode(key):
                texts.append(key)
                continue
            if kind is bool or kind is int or key is None or kind is float:
                plain, tag = self.dump(key)
                text = plain if tag is not None else json.dumps(plain)
                tag = kind.__name__ if kind in (int, bool, float) else "none"
            elif self.registry.adapter_of(kind) is None and (kind is str or encoder_of(kind) is not None):
                try:
                    text, tag = self.dump(key)
                except Unsavable as error:
                    error.steps.append(f".keys()[{place}]")
                    raise
            else:
                return None, {}
            if not isinstance(text, str):
                return None, {}
            texts.append(text)
            tags[text] = tag
        return (texts if len(set(texts)) == len(texts) else None), tags

    def _pairs(self, value: Mapping[Any, Any]) -> tuple[Any, dict[str, Any]]:
        keys, values = list(value), list(value.values())
        plain_keys, key_tags = self.items(keys, ".keys()[{}]".format)
        plain_values, value_tags = self.items(values, lambda place: key_step(keys[place]))
        plain = [list(pair) for pair in zip(plain_keys, plain_values, strict=True)]
        fields: dict[str, Any] = {"pairs": True}
        if key_tags:
            fields["keys"] = key_tags
        if value_tags:
            fields["values"] = value_tags
        return plain, fields


def _too_deep() -> str:
    return f"is nested more than {MAX_DEPTH} levels deep; flatten it {KEEP_ON_SELF}"


def compact(tags: dict[str, Any], count: int) -> dict[str, Any]:
    """Return the field of a container's tag for the tags of its values: one for all where they are equal."""
    if not tags:
        return {}
    if len(tags) == count > 1:
        tag = next(iter(tags.values()))
        if all(other == tag for other in tags.values()):
            return {"each": tag}
    return {"in": tags}


def is_builtin_kind(kind: type) -> bool:
    """Say whether every checkpoint can save values of exactly this type."""
    leaf = kind in (str, bool, int, float, type(None)) or encoder_of(kind) is not None
    return leaf or kind in _CONTAINERS or _container(kind) is not None


def _list(dumper: Dumper, value: list[Any]) -> Dumped:
    plain, fields = dumper.items(value)
    return plain, fields or None


def _tuple(dumper: Dumper, value: tuple[Any, ...]) -> Dumped:
    plain, fields = dumper.items(value)
    return plain, {"is": "tuple", **fields} if fields else "tuple"


def _set(dumper: Dumper, value: set[Any] | frozenset[Any]) -> Dumped:
    dumped: list[tuple[bytes, bytes, Any, Tag | None]] = []
    dumper.in_sets += 1
    try:
        for element in value:
            plain, tag = dumper.dump(element)
            dumped.append((encode(plain), encode(tag), plain, tag))
    except Unsavable as error:
        error.steps.append("{*}")
        raise
    finally:
        dumper.in_sets -= 1
    dumped.sort(key=lambda each: each[:2])  # the same text in every process, however strings hash there
    fields = compact({str(i): each[3] for i, each in enumerate(dumped) if each[3] is not None}, len(dumped))
    name = type(value).__name__
    return [each[2] for each in dumped], {"is": name, **fields} if fields else name


def _dict(dumper: Dumper, value: dict[Any, Any]) -> Dumped:
    plain, fields = dumper.mapping(value)
    return plain, fields or None


def _other_dict(dumper: Dumper, value: Any) -> Dumped:
    if vars(value) if hasattr(value, "__dict__") else None:
        raise Unsavable(type(value), f"has attributes of its own, which would be lost; remove them {KEEP_ON_SELF}")
    name = type(value).__name__
    fields: dict[str, Any] = {"is": name}
    if name == "defaultdict":
        factory: Any = value.default_factory
        if factory is not None:
            if FACTORIES.get(getattr(factory, "__name__", "")) is not factory:
                raise Unsavable(
                    type(value),
                    f"has a default_factory that cannot be saved; use one of {', '.join(FACTORIES)} "
                    f"or convert it to dict, {KEEP_ON_SELF}",
                )
            fields["factory"] = cast(Any, factory).__name__
    plain, more = dumper.mapping(value)
    return plain, {**fields, **more} if more or len(fields) > 1 else name


def _deque(dumper: Dumper, value: Any) -> Dumped:
    plain, fields = dumper.items(value)
    if value.maxlen is not None:
        fields["maxlen"] = value.maxlen
    return plain, {"is": "deque", **fields} if fields else "deque"


def _complex(dumper: Dumper, value: complex) -> Dumped:
    parts = (value.real, value.imag)
    return [part if part - part == 0.0 else not_finite(part) for part in parts], "complex"


def _range(dumper: Dumper, value: range) -> Dumped:
    plain, fields = dumper.items((value.start, value.stop, value.step))
    return plain, {"is": "range", **fields} if fields else "range"


# What cannot change need not come back as one object, however many hold it.
_UNCHANGING = frozenset([tuple, frozenset, complex, range])
_UNCHANGING_CLASSES = (enum.Enum, tuple)

_CONTAINERS: dict[type, Callable[[Dumper, Any], Dumped]] = {
    list: _list,
    dict: _dict,
    tuple: _tuple,
    set: _set,
    frozenset: _set,
    complex: _complex,
    range: _range,
}


def _container(kind: type) -> Callable[[Dumper, Any], Dumped] | None:
    """Return the function for a container of the ``collections`` module, which is imported when one is met."""
    if kind.__module__ == "collections":
        import collections

        found = {
            collections.deque: _deque,
            collections.OrderedDict: _other_dict,
            collections.defaultdict: _other_dict,
            collections.Counter: _other_dict,
        }.get(cast(Any, kind))
        if found is not None:
            _CONTAINERS[kind] = found
        return found
    return None
