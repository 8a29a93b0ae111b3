"""A flow's step table as the plugin knows it, and its form as a type, which mypy caches and compares by itself."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import MISSING, dataclass, field, fields, replace
from functools import lru_cache
from typing import Any, Literal

from mypy.checker import TypeChecker
from mypy.nodes import TypeInfo
from mypy.types import Instance, LiteralType, TupleType, Type, TypedDictType, get_proper_type

from .. import mypy_api
from .contexts import Context, Key

TABLE = "__stepkit_types__"
"""The name of the type alias in a flow class whose target is its table."""
CODEC = "stepkit.codec.registry.Codec"
ANONYMOUS = "?"

Kind = Literal["step", "transform", "parallel", "branch", "subflow"]
NOT_EVERY_RETURN = "not every return gives it"
NOT_EVERY_ARM = "not every arm of the condition that it is declared under gives it"


@dataclass(frozen=True)
class Parameter:
    """One parameter of a step: the key that it reads."""

    name: str
    required: bool
    annotated: bool


@dataclass(frozen=True)
class Facts:
    """What a row says without types."""

    name: str
    attribute: str
    kind: Kind
    definer: str
    named: bool = True
    """Whether the name is known; if not, it is the attribute's here, and any text at run time."""
    aliases: tuple[str, ...] = ()
    conditional: bool = False
    """Whether the class may come without it: it is declared under a condition."""
    varies: bool = False
    """Whether it is one of several, that are declared under the arms of a condition."""
    when: Literal["yes", "no", "maybe"] = "yes"
    on_error: Literal["raise", "continue", "skip-remaining", "fallback", "unknown"] = "raise"
    merge: str = "override"
    fallback: str = ""
    """The name of the method that ``on_error=`` names: with its class, once that is known."""
    never: bool = False
    """Whether the step's function never returns."""
    may_skip: bool = False
    """Whether an open circuit breaker skips the step."""
    mode: str = "all"
    parameters: tuple[Parameter, ...] = ()
    whole: bool = False
    names_whole: bool = False
    """Whether the parameter for the whole context is annotated."""
    names_return: bool = False
    """Whether the return is annotated."""
    unread: bool = False
    """Whether mypy did not read its body, so that what it returns cannot be seen."""
    may_choose_none: bool = False
    wrong: tuple[str, ...] = ()
    """The keys that the step is wrong about: what it reads is missing, may be, or has another type."""
    cases: tuple[str, ...] = ()
    """The names of the cases that a branch may choose."""
    condition: tuple[Parameter, ...] = ()
    """The keys that its condition reads."""
    position: int = 0
    """Its place in the body of a class that is no flow: a cache does not keep the order of what stands there."""
    beside: int = 0
    """How many declarations that class has: who depends on one of them shall see that there is another."""


USUAL = {each.name: each.default for each in fields(Facts) if each.default is not MISSING}


@dataclass(frozen=True, eq=False)
class Row:
    """One row of the table."""

    facts: Facts
    reads: dict[str, Type] = field(default_factory=dict)
    change: Context[Type] = field(default_factory=lambda: Context())
    flows: tuple[Instance | None, ...] = ()
    """The nested flow; or a branch's flows, as ``facts.cases`` names them. None where it is not known."""
    members: tuple[Row, ...] = ()
    condition: dict[str, Type] = field(default_factory=dict)
    """What its condition reads, with the types."""
    fallback: Context[Type] | None = None
    """What its fallback gives; None where it has none, or one that never returns."""

    @property
    def wrong(self) -> dict[str, Type | None]:
        """The keys that the row, or a member of it, is wrong about, with the types that it reads them as."""
        found = {name: row.reads.get(name) for row in self.members for name in row.facts.wrong}
        return found | {name: self.reads.get(name) for name in self.facts.wrong}

    def with_wrong(self, names: Iterable[str]) -> Row:
        return replace(self, facts=replace(self.facts, wrong=tuple(sorted(names))))

    def seen_as(self, flow: Instance | None) -> Row:
        """The row of a generic flow, a base class or a nested one, as it is with this one's type arguments."""
        if flow is None or not flow.args:
            return self
        flows = [None if each is None else mypy_api.for_instance(flow, each) for each in self.flows]
        return replace(
            self,
            reads={name: mypy_api.for_instance(flow, type) for name, type in self.reads.items()},
            change=_seen_as(self.change, flow),
            flows=tuple(each if isinstance(each, Instance) else None for each in flows),
            members=tuple(member.seen_as(flow) for member in self.members),
            condition={name: mypy_api.for_instance(flow, type) for name, type in self.condition.items()},
            fallback=None if self.fallback is None else _seen_as(self.fallback, flow),
        )


def _seen_as(change: Context[Type], flow: Instance) -> Context[Type]:
    keys = {name: replace(key, type=mypy_api.for_instance(flow, key.type)) for name, key in change.keys.items()}
    return Context(keys, None if change.rest is None else mypy_api.for_instance(flow, change.rest))


def has_other_fallback(info: TypeInfo, row: Row) -> bool:
    """Whether the method that the row of a base class names as its fallback is another one in this class."""
    known = row.facts.fallback
    symbol = info.get(known.rpartition(".")[2]) if known else None
    return symbol is not None and symbol.node is not None and symbol.node.fullname != known


NO_STEP = Row(Facts("", "", "step", "", when="no"))
"""Stands where a class attribute turned out to be none."""


@dataclass(frozen=True)
class Watch:
    """What a class's own ``on_step_complete`` does, as far as its subclasses are concerned."""

    names: tuple[str, ...] = ()
    """The steps whose names it compares with."""
    saves: Literal["", "all", "named"] = ""
    """Whether it takes checkpoints: of all steps, of those that it names, or not for certain."""
    hands_up: bool = False
    """Whether it calls that of its base."""
    stops: bool = False
    """Whether it always stops the run after some step."""


@dataclass(frozen=True, eq=False)
class Table:
    """All rows of a flow class, the inherited ones too, and what the flow starts with."""

    input: Context[Type]
    rows: tuple[Row, ...]
    digest: str = ""
    codecs: tuple[Instance, ...] | None = ()
    """What the class registers with ``codecs=``: classes, and ``Codec``s. None where not all of it can be seen."""
    may_stop: bool = False
    """Whether a method of the class may stop a run after any step."""
    watch: Watch | None = None
    """What the class's own ``on_step_complete`` does; None where it has none."""
    gated: bool = False
    """Whether a method of the flow, or of one inside it, always stops a run after some step."""


def input_context(type: Type | None) -> Context[Type]:
    """What a flow's context starts with. Anything but a TypedDict leaves it open."""
    typed = mypy_api.typed_dict_of(type)
    if typed is None:
        return Context(rest=mypy_api.any_type())
    return shape_of(typed, "", "its input does not require it")


def shape_of(typed: TypedDictType, giver: str, reason: str) -> Context[Type]:
    return Context(
        {
            name: Key(item, name in typed.required_keys, giver, "" if name in typed.required_keys else reason)
            for name, item in typed.items.items()
        }
    )


def encode(checker: TypeChecker, table: Table) -> Type:
    """The table as a type."""
    rows = [_encode_row(checker, row) for row in table.rows]
    digest = hashlib.sha256()
    _digest(table.rows, digest, set())
    watch = None if table.watch is None else vars(table.watch)
    facts = {"codecs": table.codecs is not None, "stops": table.may_stop, "watch": watch, "gated": table.gated}
    head = json.dumps({"digest": digest.hexdigest(), **facts})
    start = [_encode_context(checker, table.input), mypy_api.tuple_type(checker, [*(table.codecs or ())])]
    return mypy_api.tuple_type(checker, [mypy_api.literal(checker, head), mypy_api.tuple_type(checker, start), *rows])


def _digest(rows: Sequence[Row], digest: Any, seen: set[str]) -> None:
    """A nested flow's table is not held, but whoever holds this one must see that it changed."""
    for row in rows:
        for flow in row.flows:
            if flow is None or flow.type.fullname in seen:
                continue
            seen.add(flow.type.fullname)
            found = mypy_api.inherited_alias(flow.type, TABLE)
            if found is not None:
                digest.update(str(found[0].target).encode())
        _digest(row.members, digest, seen)


def _encode_row(checker: TypeChecker, row: Row) -> Type:
    optional = {parameter.name for parameter in row.facts.parameters if not parameter.required}
    items: list[Type] = [
        mypy_api.literal(checker, _facts_text(row.facts)),
        mypy_api.typed_dict(checker, row.reads, set(row.reads) - optional),
        _encode_context(checker, row.change),
    ]
    if row.flows or row.members or row.condition or row.fallback is not None:
        flows: list[Type] = [flow if flow is not None else mypy_api.any_type() for flow in row.flows]
        items.append(mypy_api.tuple_type(checker, flows))
        items.append(mypy_api.tuple_type(checker, [_encode_row(checker, member) for member in row.members]))
    if row.condition or row.fallback is not None:
        items.append(mypy_api.typed_dict(checker, row.condition, set(row.condition)))
    if row.fallback is not None:
        items.append(_encode_context(checker, row.fallback))
    return mypy_api.tuple_type(checker, items)


def _encode_context(checker: TypeChecker, context: Context[Type]) -> Type:
    known = mypy_api.typed_dict(
        checker,
        {name: key.type for name, key in context.keys.items()},
        {name for name, key in context.keys.items() if key.certain},
    )
    return known if context.rest is None else mypy_api.tuple_type(checker, [known, context.rest])


def table_of(info: TypeInfo) -> Table | None:
    """The table of a flow class; None where it is not known, or not yet."""
    alias = mypy_api.alias_of(info, TABLE)
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
        alias = mypy_api.inherited_alias(flow, TABLE)
        target = None if alias is None else get_proper_type(alias[0].target)
        encoded = target if isinstance(target, TupleType) else None
        yield encoded
        waiting += () if encoded is None else flows_in(encoded)


def is_ready(info: TypeInfo, besides: TypeInfo | None = None) -> bool | None:
    """Whether the types of the flow and of all inside it are known; None if the class has none of its own.

    ``besides``: a flow that is being checked itself, and that runs there too.
    """
    return None if mypy_api.inherited_alias(info, TABLE) is None else tables_inside(info, besides) is not None


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


_decoded: dict[int, tuple[Type, Table]] = {}
"""The tables that were read last: a pure function of types, by their identity, as they have no cheap hash."""


def decode(type: Type) -> Table | None:
    proper = get_proper_type(type)
    if not isinstance(proper, TupleType) or len(proper.items) < 2:
        return None
    known = _decoded.get(id(proper))
    if known is None:
        if len(_decoded) >= 64:
            _decoded.clear()
        known = _decoded[id(proper)] = proper, _decode(proper)
    return known[1]


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


def encode_row(checker: TypeChecker, row: Row) -> Type:
    return _encode_row(checker, row)


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
