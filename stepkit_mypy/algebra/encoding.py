"""A table's form as a type, which mypy caches and compares by itself, and what is read of it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any

from mypy.nodes import TypeInfo
from mypy.types import Instance, LiteralType, TupleType, Type, TypedDictType, get_proper_type

from ..caching import Kept
from ..mypy_api import type_aliases, type_ops
from ..mypy_api.checking import TypeChecker
from .contexts import Context
from .table import NOT_EVERY_ARM, NOT_EVERY_RETURN, TABLE, USUAL, Facts, Parameter, Row, Table, Watch, shape_of


def encode(checker: TypeChecker, table: Table) -> Type:
    """The table as a type."""
    rows = [encode_row(checker, row) for row in table.rows]
    digest = hashlib.sha256()
    _digest(table.rows, digest, set())
    watch = None if table.watch is None else vars(table.watch)
    facts = {"codecs": table.codecs is not None, "stops": table.may_stop, "watch": watch, "gated": table.gated}
    head = json.dumps({"digest": digest.hexdigest(), **facts})
    start = [_encode_context(checker, table.input), type_ops.tuple_type(checker, [*(table.codecs or ())])]
    return type_ops.tuple_type(checker, [type_ops.literal(checker, head), type_ops.tuple_type(checker, start), *rows])


def _digest(rows: Sequence[Row], digest: Any, seen: set[str]) -> None:
    """A nested flow's table is not held, but whoever holds this one must see that it changed."""
    for row in rows:
        for flow in row.flows:
            if flow is None or flow.type.fullname in seen:
                continue
            seen.add(flow.type.fullname)
            found = type_aliases.inherited_alias(flow.type, TABLE)
            if found is not None:
                digest.update(str(found[0].target).encode())
        _digest(row.members, digest, seen)


def encode_row(checker: TypeChecker, row: Row) -> Type:
    optional = {parameter.name for parameter in row.facts.parameters if not parameter.required}
    items: list[Type] = [
        type_ops.literal(checker, _facts_text(row.facts)),
        type_ops.typed_dict(checker, row.reads, set(row.reads) - optional),
        _encode_context(checker, row.change),
    ]
    if row.flows or row.members or row.condition or row.fallback is not None:
        flows: list[Type] = [flow if flow is not None else type_ops.any_type() for flow in row.flows]
        items.append(type_ops.tuple_type(checker, flows))
        items.append(type_ops.tuple_type(checker, [encode_row(checker, member) for member in row.members]))
    if row.condition or row.fallback is not None:
        items.append(type_ops.typed_dict(checker, row.condition, set(row.condition)))
    if row.fallback is not None:
        items.append(_encode_context(checker, row.fallback))
    return type_ops.tuple_type(checker, items)


def _encode_context(checker: TypeChecker, context: Context[Type]) -> Type:
    known = _known_keys(checker, context)
    return known if context.rest is None else type_ops.tuple_type(checker, [known, context.rest])


def table_of(info: TypeInfo) -> Table | None:
    """The table of a flow class; None where it is not known, or not yet."""
    alias = type_aliases.alias_of(info, TABLE)
    return None if alias is None else decode(alias.target)


def tables_inside(info: TypeInfo, besides: TypeInfo | None = None) -> list[Type] | None:
    """The encoded tables of a flow and of all that run inside it; None while one (``besides`` one) is not known."""
    found: list[Type] = []
    for encoded in encoded_inside(info, besides):
        if encoded is None:
            return None
        found.append(encoded)
    return found


def encoded_inside(info: TypeInfo, besides: TypeInfo | None = None) -> Iterator[TupleType | None]:
    """The encoded tables of a flow and of all that run inside it, each once; None for one that is not known."""
    seen = set() if besides is None else {besides}
    waiting = [info]
    while waiting:
        flow = waiting.pop()
        if flow in seen:
            continue
        seen.add(flow)
        alias = type_aliases.inherited_alias(flow, TABLE)
        target = None if alias is None else get_proper_type(alias[0].target)
        encoded = target if isinstance(target, TupleType) else None
        yield encoded
        waiting += () if encoded is None else flows_in(encoded)


def is_ready(info: TypeInfo, besides: TypeInfo | None = None) -> bool | None:
    """Whether the types of the flow and of all inside it are known; None if the class has none of its own.

    ``besides``: a flow that is being checked itself, and that runs there too.
    """
    return None if type_aliases.inherited_alias(info, TABLE) is None else tables_inside(info, besides) is not None


def flows_in(encoded: TupleType) -> Iterator[TypeInfo]:
    """The flows that stand in an encoded table, or in a row of it."""
    for item in encoded.items:
        row = get_proper_type(item)
        if isinstance(row, TupleType) and len(row.items) >= 5:
            flows, members = get_proper_type(row.items[3]), get_proper_type(row.items[4])
            assert isinstance(flows, TupleType) and isinstance(members, TupleType)
            for flow in flows.items:
                proper = get_proper_type(flow)
                if isinstance(proper, Instance):
                    yield proper.type
            yield from flows_in(members)


def runs(info: TypeInfo, other: TypeInfo) -> bool:
    """Whether a flow is another one, or runs it somewhere inside."""
    inside = (each for encoded in encoded_inside(info) if encoded is not None for each in flows_in(encoded))
    return info is other or any(each is other for each in inside)


_decoded: Kept[Table] = Kept(64)
"""The tables that were read last, by the identity of their types: they have no cheap hash."""


def decode(type: Type) -> Table | None:
    proper = get_proper_type(type)
    if not isinstance(proper, TupleType) or len(proper.items) < 2:
        return None
    return _decoded.answer((proper,), lambda: _decode(proper), key=id(proper))


def _decode(proper: TupleType) -> Table:
    head = json.loads(_text(proper.items[0]))
    start = get_proper_type(proper.items[1])
    assert isinstance(start, TupleType)
    context = _decode_context(start.items[0], "", "its input does not require it")
    rows = tuple(decode_row(item) for item in proper.items[2:])
    watch = head["watch"]
    return Table(
        context,
        rows,
        head["digest"],
        _decode_codecs(start.items[1]) if head["codecs"] else None,
        head["stops"],
        None if watch is None else Watch(**{**watch, "names": tuple(watch["names"])}),
        head["gated"],
    )


def _decode_codecs(type: Type) -> tuple[Instance, ...]:
    found = get_proper_type(type)
    assert isinstance(found, TupleType)
    return tuple(each for each in map(get_proper_type, found.items) if isinstance(each, Instance))


def decode_row(type: Type) -> Row:
    proper = get_proper_type(type)
    assert isinstance(proper, TupleType)
    facts = _facts(_text(proper.items[0]))
    reads = get_proper_type(proper.items[1])
    assert isinstance(reads, TypedDictType)
    reason = NOT_EVERY_ARM if facts.varies else NOT_EVERY_RETURN
    change = _decode_context(proper.items[2], facts.name, reason)
    if len(proper.items) == 3:
        return Row(facts, dict(reads.items), change)
    flows, members = get_proper_type(proper.items[3]), get_proper_type(proper.items[4])
    assert isinstance(flows, TupleType) and isinstance(members, TupleType)
    proper_flows = [get_proper_type(flow) for flow in flows.items]
    condition = get_proper_type(proper.items[5]) if len(proper.items) > 5 else None
    return Row(
        facts,
        dict(reads.items),
        change,
        tuple(flow if isinstance(flow, Instance) else None for flow in proper_flows),
        tuple(decode_row(member) for member in members.items),
        dict(condition.items) if isinstance(condition, TypedDictType) else {},
        _decode_context(proper.items[6], facts.name, reason) if len(proper.items) > 6 else None,
    )


def _decode_context(type: Type, giver: str, reason: str) -> Context[Type]:
    known, rest = get_proper_type(type), None
    if isinstance(known, TupleType):
        rest = known.items[1]
        known = get_proper_type(known.items[0])
    assert isinstance(known, TypedDictType)
    return Context(shape_of(known, giver, reason).keys, rest)


def _text(type: Type) -> str:
    proper = get_proper_type(type)
    assert isinstance(proper, LiteralType) and isinstance(proper.value, str)
    return proper.value


def _facts_text(facts: Facts) -> str:
    """The facts as JSON, without what is as usual."""
    data = {name: value for name, value in vars(facts).items() if name not in USUAL or value != USUAL[name]}
    for name in ("parameters", "condition"):
        if name in data:
            data[name] = [(each.name, each.required, each.annotated) for each in data[name]]
    return json.dumps(data)


@lru_cache(maxsize=4096)
def _facts(text: str) -> Facts:
    data = json.loads(text)
    for name in ("parameters", "condition"):
        data[name] = tuple(Parameter(*each) for each in data.get(name, ()))
    for name in ("aliases", "cases", "wrong"):
        data[name] = tuple(data.get(name, ()))
    return Facts(**data)


def as_type(checker: TypeChecker, context: Context[Type]) -> Type:
    """A context as the type of a value: a TypedDict, or a plain dict where it is open."""
    if context.open:
        text = type_ops.named(checker, "builtins.str", [])
        return type_ops.named(checker, "builtins.dict", [text, type_ops.any_type()])
    return _known_keys(checker, context)


def _known_keys(checker: TypeChecker, context: Context[Type]) -> Type:
    required = {name for name, key in context.keys.items() if key.certain}
    return type_ops.typed_dict(checker, {name: key.type for name, key in context.keys.items()}, required)
