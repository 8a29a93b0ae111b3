"""A subclass stands where its base is asked for: what users of the base read must be there, as they read it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import field, replace

from mypy.nodes import Context as Node
from mypy.types import Instance, NoneType, Type, TypedDictType, UninhabitedType, get_proper_type

from .. import messages
from ..algebra.contexts import Key
from ..algebra.encoding import table_of
from ..algebra.interpreter import Known, start, walk
from ..algebra.table import Row, Table
from ..flow_class.work import Work
from ..mypy_api import type_ops
from ..mypy_api.checking import TypeChecker
from ..mypy_api.inference import is_subtype
from ..records import dataclass
from ..syntax.declarations import Declaration, name_of

CONTAINERS = frozenset({"builtins.list", "builtins.dict", "builtins.set"})


@dataclass(eq=False)
class _Views:
    """What the users of a flow see of its contexts."""

    events: dict[str, Known]
    """What the event of each step has, by the step's name."""
    result: Known
    dropped: dict[str, str] = field(default_factory=dict)
    """The steps that take a key away, by the key."""


def check_overrides(checker: TypeChecker, work: Work, table: Table) -> None:
    """Judge what the class gives by what its own bases do: those were judged by theirs."""
    if len(work.info.bases) == 1 and not work.body.declarations and not work.has_other_fallbacks:
        return
    told = {name for row in table.rows for name in row.wrong}
    mine = _views(table)
    problems: dict[Node, list[str]] = {}
    decorators: dict[Node, list[Node]] = {}
    for base in (each.type for each in work.info.bases):
        found = table_of(base)
        if found is None:
            continue
        seen = type_ops.seen_as(work.info, base.fullname)
        found = replace(found, rows=tuple(row.seen_as(seen) for row in found.rows))
        for name, wanted, key in _breaks(checker, found, _views(found), mine):
            before = attributes_of_step(found, wanted.giver)
            if name in told or not before or any(is_taken_away(work, each) for each in before):
                continue
            told.add(name)
            given = key.giver if key is not None else mine.dropped.get(name, "")
            here = own_declaration(work, attributes_of_step(table, given)) or own_declaration(work, before)
            text = messages.override_problem(
                checker, work.info.name, base.name, name, wanted.type, key, "" if here is None else name_of(here)
            )
            node: Node = work.info.defn if here is None else here.function or here.node
            problems.setdefault(node, []).append(text)
            if here is not None and here.decorator is not None:
                decorators[node] = [here.decorator]
    for node, texts in problems.items():
        also = [] if node is work.info.defn else [*decorators.get(node, ()), work.info.defn]
        messages.override_step(checker, node, work.info.name, texts, also)


def _views(table: Table) -> _Views:
    views = _Views({}, table.input)

    def visit(path: str, row: Row, before: Known, after: Known) -> None:
        if "/" in path:
            return
        views.events[path] = after
        views.dropped |= {name: path for name in before.keys if name not in after.keys}

    views.result = walk(start(table), table.rows, visit).result(type_ops.join)
    return views


def _breaks(
    checker: TypeChecker, base: Table, theirs: _Views, mine: _Views
) -> Iterator[tuple[str, Key[Type], Key[Type] | None]]:
    """The keys that users of the base do not find as they read them: what they are in the base, and here."""
    certain = {name for name, key in theirs.result.keys.items() if key.certain and not base.may_stop}
    pairs = [(known, mine.events.get(path)) for path, known in theirs.events.items()]
    for before, own in (*pairs, (theirs.result, mine.result)):
        if own is None or before.open:
            continue
        for name, wanted in before.keys.items():
            key = own.keys.get(name)
            needed = wanted.certain and name in certain and not own.open
            if key is None:
                if needed:
                    yield name, wanted, None
            elif needed and not key.certain or not _is_read_as(checker, base, name, key.type, wanted.type):
                yield name, wanted, key


def _is_read_as(checker: TypeChecker, base: Table, name: str, found: Type, wanted: Type) -> bool:
    """Whether who reads the key of the base may be given another type: the base's own, or what its steps ask for."""
    rows = [member for row in base.rows for member in (row, *row.members)]
    asked = [
        row.reads[name]
        for row in rows
        for parameter in row.facts.parameters
        if parameter.name == name and parameter.annotated
    ]
    accepted = [_reads_as(checker, found, each) for each in asked]
    return bool(accepted) and all(accepted) or _reads_as(checker, found, wanted)


def _reads_as(checker: TypeChecker, found: Type, wanted: Type) -> bool:
    """Whether who reads the one may be given the other. Who only reads does not care that a list is invariant."""
    first, second = get_proper_type(found), get_proper_type(wanted)
    if isinstance(second, (NoneType, UninhabitedType)) or is_subtype(checker, first, second):
        return True  # a base that gives None leaves the value to its subclasses
    if type_ops.is_recursive(first) or type_ops.is_recursive(second):
        return False
    if isinstance(first, Instance) and isinstance(second, Instance):
        same = first.type is second.type and first.type.fullname in CONTAINERS
        return same and all(_reads_as(checker, *pair) for pair in zip(first.args, second.args, strict=True))
    if isinstance(first, TypedDictType) and isinstance(second, TypedDictType):
        return second.required_keys <= first.required_keys and all(
            name in first.items and _reads_as(checker, first.items[name], item) for name, item in second.items.items()
        )
    return False


def attributes_of_step(table: Table, path: str) -> list[str]:
    """The attributes of the step that gives a key: of a group's member, and of the group that it is in."""
    first, _, rest = path.partition("/")
    for row in table.rows:
        if row.facts.name == first:
            inside = rest.partition("/")[0]
            members = [each.facts.attribute for each in row.members if each.facts.name == inside]
            return [*members, row.facts.attribute]
    return []


def is_taken_away(work: Work, attribute: str) -> bool:
    """Whether the class goes without the step, or may, and says so: ``step = None``."""
    arms = work.body.arms.get(attribute)
    return attribute not in work.slot_of or arms is not None and arms.removed


def own_declaration(work: Work, attributes: list[str]) -> Declaration | None:
    """The step, where the class declares it itself."""
    for attribute in attributes:
        slot = work.slot_of.get(attribute)
        for each in () if slot is None else (*slot.arms, slot):
            if each.declaration is not None:
                return each.declaration
    return None
