"""Values that become one JSON string (or null): how each kind is written, and read back exactly.

A kind's tag is its name, or ``{"is": name, ...}`` with the fields that its text does not hold.
Modules are imported when a value of theirs is met: from this fixed list, never by a name out of a checkpoint.
"""

from __future__ import annotations

import base64
import binascii
import datetime
import importlib
import re
from collections.abc import Callable, Mapping
from typing import Any, cast

import msgspec

from .problems import Malformed, Unsavable, describe

Fields = dict[str, Any]
Encode = Callable[[Any], tuple[Any, Fields]]
Decode = Callable[[Any, Mapping[str, Any]], Any]

ZONE_KEY = re.compile(r"[A-Za-z0-9_+-]+(/[A-Za-z0-9_+-]+){0,3}")  # what the tz database has; never a file's path
OFFSET = re.compile(r"UTC(?:([+-])([0-9]{2}):([0-9]{2})(?::([0-9]{2})(?:\.([0-9]{6}))?)?)?")
DIGITS = 4300
"""Digits up to which an integer is a JSON number, as parsers take no more; longer ones are hexadecimal text."""


def text(plain: object) -> str:
    if type(plain) is not str:
        raise Malformed(f"needs a string, not {describe(plain)}")
    return plain


def _encode_zoned(value: Any) -> tuple[str, Fields]:
    """Return the ISO text of a datetime or a time, and what the text does not hold of its zone."""
    zone, fields = value.tzinfo, cast(Fields, {})
    if type(zone) is datetime.timezone:
        arguments = zone.__getinitargs__()  # type: ignore[attr-defined]
        if arguments[0].microseconds:  # fromisoformat drops those of an offset below a second
            fields["offset"] = msgspec.to_builtins(arguments[0])
        if len(arguments) == 2:
            if not is_unicode(arguments[1]):
                raise Unsavable(type(value), "has a time zone whose name is not valid text")
            fields["name"] = arguments[1]
    elif zone is not None:
        key = getattr(zone, "key", None)
        if type(zone).__module__.partition(".")[0] != "zoneinfo" or type(zone).__name__ != "ZoneInfo":
            raise Unsavable(
                type(value),
                f"has a time zone of type {type(zone).__module__}.{type(zone).__qualname__}, which cannot come back "
                "the same; use datetime.timezone or zoneinfo.ZoneInfo",
            )
        try:
            again = value.replace(tzinfo=_zone(key))
            same = again.utcoffset() == value.utcoffset() and again.tzname() == value.tzname()
        except Exception:
            same = False
        if not same:
            raise Unsavable(
                type(value), "has a time zone that ZoneInfo does not give for its key; use one that it gives"
            )
        fields["zone"] = key
    if value.fold:
        fields["fold"] = value.fold
    return value.isoformat(), fields


def _zone(key: object) -> datetime.tzinfo:
    from zoneinfo import ZoneInfo

    if not isinstance(key, str) or not ZONE_KEY.fullmatch(key):
        raise Malformed(f"{describe(key)} is not the name of a time zone")
    return ZoneInfo(key)


def _decode_zoned(parse: Callable[[str], Any]) -> Decode:
    def decode(plain: Any, fields: Mapping[str, Any]) -> Any:
        value = parse(text(plain))
        if "name" in fields or "offset" in fields:
            zone = value.tzinfo
            if zone is None:
                raise Malformed("has the offset of a time that has none")
            offset = _duration(text(fields["offset"])) if "offset" in fields else zone.utcoffset(None)
            name = (text(fields["name"]),) if "name" in fields else ()
            value = value.replace(tzinfo=datetime.timezone(offset, *name))
        elif "zone" in fields:
            value = value.replace(tzinfo=_zone(fields["zone"]))
        if "fold" in fields:
            value = value.replace(fold=fields["fold"])
        return value

    return decode


def _simple(encode: Callable[[Any], str], decode: Callable[[str], Any]) -> tuple[Encode, Decode]:
    return (lambda value: (encode(value), {})), (lambda plain, fields: decode(text(plain)))


def _duration(plain: str) -> datetime.timedelta:
    return msgspec.convert(plain, datetime.timedelta)


def base64_of(value: bytes | bytearray) -> str:
    return base64.b64encode(value).decode("ascii")


def _unbase64(plain: str) -> bytes:
    try:
        return base64.b64decode(plain, validate=True)
    except (binascii.Error, ValueError):
        raise Malformed("is not base64 text") from None


def _decimal(plain: str) -> Any:
    from decimal import Decimal, localcontext

    with localcontext() as context:
        context.traps = dict.fromkeys(context.traps, True)
        return Decimal(plain)


def _fraction(plain: str) -> Any:
    from fractions import Fraction

    if not re.fullmatch(r"-?[0-9]+/[0-9]+", plain):  # Fraction itself would compute 1e999999999 in full
        raise Malformed("is not a fraction like 3/4")
    return Fraction(plain)


def _encode_fraction(value: Any) -> str:
    return f"{value.numerator}/{value.denominator}"


def _encode_path(value: Any) -> str:
    plain = str(value)
    if not is_unicode(plain):
        raise Unsavable(type(value), "has bytes in it that are not valid text; keep os.fsencode(path) instead")
    return plain


def _path(name: str) -> Callable[[str], Any]:
    def decode(plain: str) -> Any:
        import pathlib

        return getattr(pathlib, name)(plain)

    return decode


def _encode_uuid(value: Any) -> tuple[str, Fields]:
    safe = value.is_safe.name
    return str(value), {} if safe == "unknown" else {"safe": safe}


def _decode_uuid(plain: Any, fields: Mapping[str, Any]) -> Any:
    from uuid import UUID, SafeUUID

    return UUID(text(plain), is_safe=SafeUUID[text(fields.get("safe", "unknown"))])


def _number(plain: str) -> float:
    if plain not in ("NaN", "Infinity", "-Infinity"):
        raise Malformed("is not one of NaN, Infinity, -Infinity")
    return float(plain)


def not_finite(value: float) -> str:
    return "NaN" if value != value else "Infinity" if value > 0 else "-Infinity"


def _hexadecimal(plain: str) -> int:
    if not re.fullmatch(r"-?0x[0-9a-f]+", plain):
        raise Malformed("is not a hexadecimal integer like 0xff")
    return int(plain, 16)


def is_number(value: int) -> bool:
    """Say whether an integer can be written with digits and read again."""
    if value.bit_length() <= 2048:
        return True
    try:
        return len(str(abs(value))) <= DIGITS
    except ValueError:  # the interpreter's own limit
        return False


def escape(value: str) -> str:
    """Return ASCII text for a string that is not valid Unicode; ``unescape`` is the exact inverse."""
    return value.encode("unicode_escape").decode("ascii")


def unescape(plain: str) -> str:
    return plain.encode("ascii").decode("unicode_escape")


def is_unicode(value: str) -> bool:
    """Say whether a string is free of lone surrogates, which UTF-8 cannot write."""
    if value.isascii():
        return True
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def _unset(plain: Any, fields: Mapping[str, Any]) -> Any:
    return msgspec.UNSET


def _encode_timezone(value: Any) -> tuple[str, Fields]:
    offset, *name = value.__getinitargs__()
    if name and not is_unicode(name[0]):
        raise Unsavable(type(value), "has a name that is not valid text")
    return str(datetime.timezone(offset)), {"name": name[0]} if name else {}


def _decode_timezone(plain: Any, fields: Mapping[str, Any]) -> datetime.timezone:
    found = OFFSET.fullmatch(text(plain))
    if found is None:
        raise Malformed("is not an offset like UTC+02:00")
    sign, *parts = found.groups()
    hours, minutes, seconds, microseconds = (int(part or 0) for part in parts)
    offset = datetime.timedelta(hours=hours, minutes=minutes, seconds=seconds, microseconds=microseconds)
    name = (text(fields["name"]),) if "name" in fields else ()
    return datetime.timezone(-offset if sign == "-" else offset, *name)


def _encode_zone(value: Any) -> tuple[str, Fields]:
    try:
        value.__reduce__()  # refuses what was read from a file: its key, if it has one, says nothing
        _zone(value.key)
    except Exception:
        raise Unsavable(type(value), "has no key that ZoneInfo takes; make it from its key") from None
    return value.key, {}


def _encode_pattern(value: Any) -> tuple[str, Fields]:
    """Return the pattern of a compiled regular expression, and its flags unless they are the usual ones."""
    if value.flags & re.DEBUG:
        raise Unsavable(type(value), "was compiled with re.DEBUG, and would print again; leave the flag out")
    if isinstance(value.pattern, bytes):
        return base64_of(value.pattern), {"bytes": True, **({"flags": value.flags} if value.flags else {})}
    if not is_unicode(value.pattern):
        raise Unsavable(type(value), "has a pattern that is not valid text; write its surrogates as escapes")
    return value.pattern, {} if value.flags == re.UNICODE else {"flags": value.flags}


def _decode_pattern(plain: Any, fields: Mapping[str, Any]) -> Any:
    in_bytes = "bytes" in fields
    flags = fields.get("flags", 0)
    if type(flags) is not int or flags & re.DEBUG:
        raise Malformed(f"has the flags {describe(flags)}")
    return re.compile(_unbase64(text(plain)) if in_bytes else text(plain), flags)


def _address(name: str) -> Callable[[str], Any]:
    def decode(plain: str) -> Any:
        import ipaddress

        return getattr(ipaddress, name)(plain)

    return decode


# By type: the type's module and name, the kind's name, and the pair of functions.
_KINDS: tuple[tuple[str, str, str, tuple[Encode, Decode]], ...] = (
    ("datetime", "datetime", "datetime", (_encode_zoned, _decode_zoned(datetime.datetime.fromisoformat))),
    ("datetime", "time", "time", (_encode_zoned, _decode_zoned(datetime.time.fromisoformat))),
    ("datetime", "date", "date", _simple(datetime.date.isoformat, datetime.date.fromisoformat)),
    ("datetime", "timedelta", "timedelta", _simple(msgspec.to_builtins, _duration)),
    ("decimal", "Decimal", "decimal", _simple(str, _decimal)),
    ("uuid", "UUID", "uuid", (_encode_uuid, _decode_uuid)),
    ("fractions", "Fraction", "fraction", _simple(_encode_fraction, _fraction)),
    ("builtins", "bytes", "bytes", _simple(base64_of, _unbase64)),
    ("builtins", "bytearray", "bytearray", _simple(base64_of, lambda plain: bytearray(_unbase64(plain)))),
    ("datetime", "timezone", "timezone", (_encode_timezone, _decode_timezone)),
    ("zoneinfo", "ZoneInfo", "zone", (_encode_zone, lambda plain, fields: _zone(plain))),
    ("re", "Pattern", "pattern", (_encode_pattern, _decode_pattern)),
    *(
        ("ipaddress", name, name, _simple(str, _address(name)))
        for name in ("IPv4Address", "IPv6Address", "IPv4Network", "IPv6Network", "IPv4Interface", "IPv6Interface")
    ),
    ("msgspec", "UnsetType", "unset", ((lambda value: (None, {})), _unset)),
    *(
        ("pathlib", name, name, _simple(_encode_path, _path(name)))
        for name in ("PosixPath", "WindowsPath", "PurePosixPath", "PureWindowsPath")
    ),
)

_BY_TYPE_NAME = {(module, name): (kind, codec[0]) for module, name, kind, codec in _KINDS}
DECODERS: dict[str, Decode] = {kind: codec[1] for _, _, kind, codec in _KINDS} | {
    "float": lambda plain, fields: _number(text(plain)),
    "int": lambda plain, fields: _hexadecimal(text(plain)),
    "str": lambda plain, fields: unescape(text(plain)),
}

_encoders: dict[type, tuple[str, Encode] | None] = {}


def encoder_of(type: type) -> tuple[str, Encode] | None:
    """Return the kind and the encoder of exactly this type, or None."""
    try:
        return _encoders[type]
    except KeyError:
        pass
    module = type.__module__.partition(".")[0]
    found = _BY_TYPE_NAME.get((module, type.__name__))
    if found is not None and getattr(importlib.import_module(module), type.__name__, None) is not type:
        found = None  # a class that only looks like it
    if found is not None:
        _encoders[type] = found
    return found
