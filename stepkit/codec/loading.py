"""Restores a value from plain JSON data and its tag. See ``dumping`` for the tags.

Tags come from outside: whatever is in them, the only error is ``Malformed``.
"""

from __future__ import annotations

import collections
from collections.abc import Callable, Mapping, Sized
from typing import Any, Protocol, TypeVar, cast

from .plain_json import MAX_DEPTH
from .problems import Malformed, describe, key_step, name_of
from .scalars import DECODERS

SizedT = TypeVar("SizedT", bound=Sized)

FACTORIES: dict[str, Callable[[], Any]] = {
    factory.__name__: factory for factory in (bool, bytes, dict, float, frozenset, int, list, set, str, tuple)
}
"""What a ``defaultdict`` may make its values with, by name."""


class LoadAdapter(Protocol):
    """Restores the instances of exactly one class."""

    def load(self, plain: Any, tag: Mapping[str, Any], loader: Loader) -> Any: ...


class LoadRegistry(Protocol):
    """Finds the adapter for a class by its name in a tag."""

    def adapter_named(self, name: object) -> LoadAdapter: ...


class Loader:
    """Loads the values of one walk. Raises ``Malformed`` and nothing else but ``RecursionError``."""

    def __init__(self, registry: LoadRegistry) -> None:
        self.registry = registry
        self.depth = 0
        self.shared: dict[int, tuple[Any, Any]] = {}
        """The objects that stand in more than one place, by number, each with its plain form."""

    def load(self, plain: Any, tag: Any) -> Any:
        if tag is None:
            return plain
        try:
            if type(tag) is dict and "same" in tag:
                return self._same(plain, tag["same"])
            value = self._load(plain, tag)
            if type(tag) is dict and "shared" in tag:
                number = tag["shared"]
                if type(number) is not int or number in self.shared:
                    raise Malformed(f'has a type tag whose "shared" is {describe(number)}, not a number of its own')
                self.shared[number] = value, plain
            return value
        except (Malformed, RecursionError):
            raise
        except Exception as error:  # a constructor's, or a value's that cannot be hashed
            raise Malformed(f"cannot be restored ({type(error).__name__})") from None

    def _same(self, plain: Any, number: Any) -> Any:
        known = self.shared.get(number) if type(number) is int else None
        if known is None:
            raise Malformed("has a type tag that says it is the same as another value, which is not there")
        if known[1] != plain:
            raise Malformed("is not the same as in the other place where it stands")
        return known[0]

    def _load(self, plain: Any, tag: Any) -> Any:
        if self.depth > MAX_DEPTH:
            raise Malformed(f"is nested more than {MAX_DEPTH} levels deep")
        if type(tag) is str:
            fields: Mapping[str, Any] = {}
            kind: Any = tag
        elif type(tag) is dict:
            if "class" in tag:
                self.depth += 1
                value = self.registry.adapter_named(tag["class"]).load(plain, tag, self)
                self.depth -= 1
                return value
            fields = tag
            kind = tag.get("is")
        else:
            raise Malformed(f"has a type tag that is {describe(tag)}, not a string or an object")
        decode = DECODERS.get(kind) if type(kind) is str else None
        if decode is not None:
            return decode(plain, fields)
        if kind is None:
            build: Any = self._dict if type(plain) is dict or "pairs" in fields else self._list
        else:
            build = _BUILDERS.get(kind) if type(kind) is str else None
        if build is None:
            raise Malformed(f"has the unknown kind {name_of(kind)}; it may be of a newer version of stepkit")
        self.depth += 1
        value = build(plain, fields) if kind is None else build(self, plain, fields)
        self.depth -= 1
        return value

    def items(self, plain: Any, fields: Mapping[str, Any]) -> list[Any]:
        """Return the values of a plain list, as the fields of its container's tag say."""
        if type(plain) is not list:
            raise Malformed(f"needs a list, not {describe(plain)}")
        place: Any = None
        try:
            if "each" in fields:
                tag = fields["each"]
                values: list[Any] = []
                for each in plain:
                    place = len(values)
                    values.append(self.load(each, tag))
                return values
            values = list(plain)
            for name, tag in _tags(fields).items():
                place = int(name) if name.isascii() and name.isdecimal() and len(name) < 16 else -1
                if not 0 <= place < len(values):
                    raise Malformed(f"has a type tag for the place {name_of(name)}, which it does not have")
                values[place] = self.load(values[place], tag)
        except Malformed as error:
            if place is not None and place >= 0:
                error.steps.append(f"[{place}]")
            raise
        return values

    def named(self, plain: Any, fields: Mapping[str, Any]) -> dict[str, Any]:
        """Do as ``items``, for a plain object."""
        if type(plain) is not dict:
            raise Malformed(f"needs an object, not {describe(plain)}")
        values = dict(plain)
        tags = dict.fromkeys(plain, fields["each"]) if "each" in fields else _tags(fields)
        name = None
        try:
            for name, tag in tags.items():
                if name not in values:
                    raise Malformed(f"has a type tag for the key {name_of(name)}, which it does not have")
                values[name] = self.load(values[name], tag)
        except Malformed as error:
            if name in values:
                error.steps.append(key_step(name))
            raise
        return values

    def mapping(self, plain: Any, fields: Mapping[str, Any]) -> dict[Any, Any]:
        if "pairs" in fields:
            if type(plain) is not list or not all(type(pair) is list and len(pair) == 2 for pair in plain):
                raise Malformed(f"needs a list of pairs, not {describe(plain)}")
            keys = self.items([pair[0] for pair in plain], _object(fields.get("keys", {})))
            values = self.items([pair[1] for pair in plain], _object(fields.get("values", {})))
            return _unique(dict(zip(keys, values, strict=True)), plain)
        by_text = self.named(plain, fields)
        if "key" in fields:
            key_tags: Mapping[str, Any] = dict.fromkeys(by_text, fields["key"])
        else:
            key_tags = _object(fields.get("keys", {}))
            if extra := [text for text in key_tags if text not in by_text]:
                raise Malformed(f"has a type tag for the key {name_of(extra[0])}, which it does not have")
        if not key_tags:
            return by_text
        restored = {self._key(text, key_tags.get(text)): value for text, value in by_text.items()}
        return _unique(restored, plain)

    def _key(self, text: str, tag: Any) -> Any:
        read = _KEYS.get(tag) if type(tag) is str else None
        try:
            return read(text) if read is not None else self.load(text, tag)
        except Malformed as error:
            error.steps.append(key_step(text))
            raise

    def _list(self, plain: Any, fields: Mapping[str, Any]) -> list[Any]:
        return self.items(plain, fields)

    def _dict(self, plain: Any, fields: Mapping[str, Any]) -> dict[Any, Any]:
        return self.mapping(plain, fields)


def _tags(fields: Mapping[str, Any]) -> Mapping[str, Any]:
    return _object(fields.get("in", {}))


def _object(value: Any) -> Mapping[str, Any]:
    if type(value) is not dict:
        raise Malformed(f"has type tags that are {describe(value)}, not an object")
    return cast(Mapping[str, Any], value)


def _unique(restored: SizedT, plain: Any) -> SizedT:
    if len(restored) != len(plain):
        raise Malformed("has the same key or element twice")
    return restored


def _key_int(text: str) -> int:
    if text.startswith(("0x", "-0x")):
        return cast(int, DECODERS["int"](text, {}))
    digits = text.removeprefix("-")
    if not (digits.isascii() and digits.isdecimal()):
        raise Malformed("is not an integer")
    return int(text)


def _key_float(text: str) -> float:
    value = float(text)
    return value if value - value == 0.0 else cast(float, DECODERS["float"](text, {}))


def _key_bool(text: str) -> bool:
    if text not in ("true", "false"):
        raise Malformed("is neither true nor false")
    return text == "true"


def _key_none(text: str) -> None:
    if text != "null":
        raise Malformed("is not null")


_KEYS: dict[str, Callable[[str], Any]] = {"int": _key_int, "float": _key_float, "bool": _key_bool, "none": _key_none}


def _deque(loader: Loader, plain: Any, fields: Mapping[str, Any]) -> Any:
    limit = fields.get("maxlen")
    if limit is not None and (type(limit) is not int or limit < 0):
        raise Malformed(f"has the maxlen {describe(limit)}")
    restored: collections.deque[Any] = collections.deque(loader.items(plain, fields), limit)
    return _unique(restored, plain)


def _complex(loader: Loader, plain: Any, fields: Mapping[str, Any]) -> complex:
    if type(plain) is not list or len(plain) != 2:
        raise Malformed(f"needs a list of two numbers, not {describe(plain)}")
    parts = [DECODERS["float"](part, {}) if type(part) is str else part for part in plain]
    if not all(type(part) is float or type(part) is int for part in parts):
        raise Malformed("needs a list of two numbers")
    return complex(*parts)


def _range(loader: Loader, plain: Any, fields: Mapping[str, Any]) -> range:
    values = loader.items(plain, fields)
    if len(values) != 3 or not all(type(value) is int for value in values):
        raise Malformed("needs a list of three integers")
    return range(*values)


def _defaultdict(loader: Loader, plain: Any, fields: Mapping[str, Any]) -> Any:
    name = fields.get("factory")
    factory = FACTORIES.get(name) if type(name) is str else None
    if name is not None and factory is None:
        raise Malformed(f"has the unknown factory {name_of(name)}")
    return collections.defaultdict(factory, loader.mapping(plain, fields))


def _counter(loader: Loader, plain: Any, fields: Mapping[str, Any]) -> Any:
    restored: collections.Counter[Any] = collections.Counter()
    dict.update(restored, loader.mapping(plain, fields))
    return restored


_BUILDERS: dict[str, Callable[[Loader, Any, Mapping[str, Any]], Any]] = {
    "tuple": lambda loader, plain, fields: tuple(loader.items(plain, fields)),
    "set": lambda loader, plain, fields: _unique(set(loader.items(plain, fields)), plain),
    "frozenset": lambda loader, plain, fields: _unique(frozenset(loader.items(plain, fields)), plain),
    "deque": _deque,
    "complex": _complex,
    "range": _range,
    "OrderedDict": lambda loader, plain, fields: collections.OrderedDict(loader.mapping(plain, fields)),
    "defaultdict": _defaultdict,
    "Counter": _counter,
}
