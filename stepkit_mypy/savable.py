"""Which types no checkpoint can save, by the rules of ``stepkit.codec``: only what is so for certain.

A value is saved if it is of a builtin kind; of a class that is made of fields and that the flow names (in its input, in
the annotation of a parameter or of a return, or with ``codecs=``); an exception that is registered; or of a class with
a codec. An instance of any other class is refused. A type that may hold either kind (``object``, a protocol, ``Any``)
is not blamed, nor is a field of a class that may be None: often it is where the flow is saved.
"""

from __future__ import annotations

import builtins
import sys
from collections import Counter
from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import field

from mypy.nodes import TypeInfo
from mypy.types import (
    CallableType,
    Instance,
    LiteralType,
    NoneType,
    Overloaded,
    TupleType,
    Type,
    TypeAliasType,
    TypedDictType,
    TypeType,
    UnionType,
    get_proper_type,
)

from .algebra.contexts import Key
from .algebra.table import Row, Table
from .mypy_api import class_fields
from .names import CODEC
from .records import dataclass

KINDS = frozenset(
    """
    builtins.bool builtins.int builtins.float builtins.str builtins.list builtins.dict builtins.tuple builtins.set
    builtins.frozenset builtins.complex builtins.range builtins.bytes builtins.bytearray
    datetime.datetime datetime.date datetime.time datetime.timedelta datetime.timezone zoneinfo.ZoneInfo
    decimal.Decimal _decimal.Decimal fractions.Fraction uuid.UUID msgspec.UnsetType re.Pattern
    ipaddress.IPv4Address ipaddress.IPv6Address ipaddress.IPv4Network ipaddress.IPv6Network
    ipaddress.IPv4Interface ipaddress.IPv6Interface
    pathlib.Path pathlib.PosixPath pathlib.WindowsPath pathlib.PurePath pathlib.PurePosixPath pathlib.PureWindowsPath
    collections.deque collections.OrderedDict collections.defaultdict collections.Counter
    """.split()
)
"""The builtin kinds, as typeshed calls them."""
UNKNOWN = frozenset(
    """
    builtins.object datetime.tzinfo types.NoneType
    numbers.Number numbers.Complex numbers.Real numbers.Rational numbers.Integral
    typing.Sequence typing.MutableSequence typing.AbstractSet typing.MutableSet typing.Mapping typing.MutableMapping
    typing.Collection typing.Iterable typing.Container typing.Sized typing.Hashable typing.Reversible
    typing_extensions.Buffer collections.abc.Buffer typing.ByteString
    """.split()
)
"""Bases of builtin kinds."""
NEVER = frozenset(
    """
    typing.Iterator typing.Generator typing.AsyncIterator typing.AsyncIterable typing.AsyncGenerator typing.Awaitable
    typing.Coroutine typing.IO types.NotImplementedType
    """.split()
)
"""What looks as if it could be anything, but no builtin kind is derived from it."""
MAPPED = "sqlalchemy.orm.decl_api.MappedAsDataclass"
MOST_ARGUMENTS = 8
"""How often a generic class is looked at in one value: ``Tree[T]`` may hold ``Tree[tuple[T, T]]``, without end."""


@dataclass(frozen=True, eq=False)
class Known:
    """What flows say of the classes that their checkpoints can restore. None where it cannot be told."""

    named: frozenset[TypeInfo] | None = None
    """Classes that stand in annotations, and in ``codecs=``."""
    registered: frozenset[TypeInfo] = frozenset()
    """Classes that stand in ``codecs=``."""
    coded: frozenset[TypeInfo] = frozenset()
    """Classes that have a codec."""


@dataclass(frozen=True, eq=False)
class Problem:
    """Why a value cannot be saved."""

    type: Type
    """The type that is to blame."""
    field: str = ""
    """The field of a class that has it; empty where it stands in the value's own type."""
    unnamed: TypeInfo | None = None
    """The class, if all that is wrong is that the flow does not name it."""
    exception: TypeInfo | None = None
    """The class, if it is an exception that is not registered."""


@dataclass(eq=False)
class Judge:
    """Judges types for one flow. A class that was found to be savable is not looked at again."""

    known: Known
    classes: set[TypeInfo] = field(default_factory=set)
    """The classes with fields that were looked at: what is said depends on them."""
    _fine: set[Type] = field(default_factory=set)

    def problem(self, type: Type) -> Problem | None:
        """Why values of this type cannot be saved, or None."""
        waiting: list[tuple[Type, str]] = [(type, "")]
        seen: set[Type] = set()
        times: Counter[object] = Counter()
        while waiting:
            each, place = waiting.pop()
            if isinstance(each, (Instance, TypeAliasType)):
                generic: object = each.type if isinstance(each, Instance) else each.alias
                times[generic] += bool(each.args)
                if times[generic] > MOST_ARGUMENTS or each in seen or each in self._fine:
                    continue
                seen.add(each)
            found = self._look(each, place)
            if isinstance(found, Problem):
                return found
            waiting += found
        self._fine |= seen
        return None

    def problems(
        self, keys: Mapping[str, Key[Type]], seen: set[Key[Type]], told: Container[str]
    ) -> Iterator[tuple[str, Key[Type], Problem]]:
        """What cannot be saved of the keys of a context, but for those that were told, or seen in one before it."""
        for name, key in keys.items():
            if key in seen or name in told:
                continue
            seen.add(key)
            problem = self.problem(key.type)
            if problem is not None:
                yield name, key, problem

    def _look(self, type: Type, place: str) -> Problem | list[tuple[Type, str]]:
        """What is wrong with a type itself, or the types that it is made of."""
        proper = get_proper_type(type)
        if isinstance(proper, (UnionType, TupleType)):
            if isinstance(proper, TupleType) and not proper.partial_fallback.type.is_newtype:
                problem = self._class(proper.partial_fallback, proper, place)
                if problem is not None:
                    return problem
            return self._alternatives(proper, place) if place else [(item, place) for item in proper.items]
        if isinstance(proper, TypedDictType):
            return [(item, place or name) for name, item in proper.items.items()]
        if isinstance(proper, LiteralType):
            return [(proper.fallback, place)]
        if isinstance(proper, (CallableType, Overloaded, TypeType)):
            of_types = any(info.fullname in ("builtins.type", "types.FunctionType") for info in self.known.coded)
            return [] if of_types else Problem(proper, place)
        if not isinstance(proper, Instance):
            return []
        if proper.type.is_newtype:
            return [(proper.type.tuple_type or proper.type.bases[0], place)]
        problem = self._class(proper, proper, place)
        if problem is not None:
            return problem
        if class_fields.is_made_of_fields(proper.type) and not proper.type.is_enum and not self._is_coded(proper.type):
            return [(each, name) for name, each in class_fields.state_of(proper)]
        return [(each, place) for each in proper.args] if proper.type.fullname in KINDS | UNKNOWN else []

    def _alternatives(self, type: UnionType | TupleType, place: str) -> list[tuple[Type, str]]:
        """The items of a field's type; where it may be None, without those that are wrong by themselves."""
        if isinstance(type, UnionType) and any(isinstance(get_proper_type(item), NoneType) for item in type.items):
            return [(item, place) for item in type.items if not isinstance(self._look(item, place), Problem)]
        return [(item, place) for item in type.items]

    def _class(self, instance: Instance, type: Type, place: str) -> Problem | None:
        info, known = instance.type, self.known
        if info.fullname in KINDS or info.fullname in UNKNOWN or self._is_coded(info):
            return None
        if info.fullname not in NEVER and (info.fallback_to_any or info.is_intersection or info.is_protocol):
            return None
        if _is_exception(info):
            return None if any(info in each.mro for each in known.registered) else Problem(type, place, exception=info)
        if class_fields.is_made_of_fields(info) and not _has_other_state(info):
            self.classes.add(info)
            lost = known.named is not None and not any(info in each.mro for each in known.named)
            return Problem(type, place, unnamed=info) if lost else None
        if known.named is None:
            return Problem(type, place) if info.module_name.partition(".")[0] in sys.stdlib_module_names else None
        return None if any(_may_stand_for(each, info) for each in known.named) else Problem(type, place)

    def _is_coded(self, info: TypeInfo) -> bool:
        return any(info in each.mro for each in self.known.coded)


def _is_exception(info: TypeInfo) -> bool:
    return info.has_base("builtins.BaseException")


def _has_other_state(info: TypeInfo) -> bool:
    """Whether instances have state besides their fields: then they are refused, though the class is made of fields."""
    if info.is_enum or info.is_named_tuple:
        return False
    return any(
        base.module_name == "builtins" and base.fullname != "builtins.object" or base.fullname == MAPPED
        for base in info.mro
    )


def is_registrable(info: TypeInfo) -> bool:
    """Whether a class makes sense in ``codecs=`` by itself."""
    if info.fallback_to_any or info.typeddict_type is not None:
        return True
    if _is_exception(info):
        from stepkit.codec.classes import registered_adapter_for

        own = [getattr(builtins, base.name, None) for base in info.mro if base.module_name == "builtins"]
        simple = all(cls is object or cls is None or registered_adapter_for(cls) is not None for cls in own)
        return simple and not any(base.slots for base in info.mro if base.module_name != "builtins")
    return class_fields.is_made_of_fields(info) and not _has_other_state(info)


def _may_stand_for(other: TypeInfo, info: TypeInfo) -> bool:
    """Whether what is said to be of a class may be of the other class, whose instances are saved."""
    if not class_fields.is_made_of_fields(other) or _has_other_state(other):
        return False
    return info in other.mro or info.is_protocol and all(other.get(name) for name in info.protocol_members)


def known_of(tables: Iterable[Table]) -> Known | None:
    """What a flow and those inside it name; None where some of its codecs cannot be seen."""
    named: set[TypeInfo] = set()
    registered: set[TypeInfo] = set()
    coded: set[TypeInfo] = set()
    all_known = True
    for table in tables:
        if table.codecs is None:
            return None
        for each in table.codecs:
            if each.type.fullname == CODEC:
                coded.update(class_fields.classes_in(each.args[0], builtins=True))
            else:
                registered.add(each.type)
                _name(each.type.typeddict_type or each, named)
        for type in _annotations(table):
            if type is None:
                all_known = False
            else:
                _name(type, named)
    return Known(frozenset(named) if all_known else None, frozenset(registered), frozenset(coded))


def _annotations(table: Table) -> Iterator[Type | None]:
    """The types that a flow names; None for what is not known: a flow inside, or the type of the whole context."""
    for key in table.input.keys.values():
        yield key.type
    for row in (each for outer in table.rows for each in (outer, *outer.members)):
        if row.facts.names_whole or row.facts.fallback_names == "more" or None in row.flows:
            yield None
        yield from _annotations_of_row(row)


def _annotations_of_row(row: Row) -> Iterator[Type]:
    for parameter in row.facts.parameters:
        if parameter.annotated and parameter.name in row.reads:
            yield row.reads[parameter.name]
    if row.facts.fallback_names and row.fallback is not None:
        yield from (key.type for key in row.fallback.keys.values())
    if row.facts.names_return:
        for key in row.change.keys.values():
            yield key.type
        if row.change.rest is not None:
            yield row.change.rest


def _name(type: Type, named: set[TypeInfo]) -> None:
    waiting = class_fields.classes_in(type)
    while waiting:
        info = waiting.pop()
        if info in named:
            continue
        named.add(info)
        if class_fields.is_made_of_fields(info):
            for each in class_fields.annotated_in(info):
                waiting += class_fields.classes_in(each)
