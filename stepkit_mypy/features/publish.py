"""The end of a flow class: its table, its output and its events become the targets of its type aliases."""

from __future__ import annotations

from collections.abc import Iterator

from mypy.nodes import TypeInfo
from mypy.types import Instance, Type, UnionType

from .. import notes
from ..algebra.encoding import as_type, encode, runs, table_of
from ..algebra.interpreter import collect_paths
from ..algebra.table import TABLE, Row, Table
from ..checks import assigned, fallback_checks
from ..checks.early_stop import class_may_stop, stopped
from ..checks.gates import check_members, is_gated
from ..checks.inherited_callbacks import check_inherited_callbacks, watch_of
from ..checks.inherited_rows import check_inherited, note_mixed_in
from ..checks.overriding import check_overrides
from ..checks.registering import registered
from ..flow_class.work import Work
from ..mypy_api import checking, deferral, type_aliases, type_ops
from ..mypy_api.checking import TypeChecker
from ..names import EVENT
from ..rows.progress import is_complete, state_at
from ..syntax.declarations import flow_argument, name_of
from . import helper_types, unpacking
from .session import Session


def finish_if_complete(session: Session, checker: TypeChecker, work: Work) -> bool:
    """Called at the class's end, and for each step that was checked again after it. True if it is finished."""
    if checking.is_silenced(checker):
        work.ended = True  # mypy does not look at the ends of classes there; all rows must be known all the same
    if not work.ended or not is_complete(checker, work):
        return False
    if _has_unseen_base(work.info) and work.is_first_note(work.info):
        notes.unseen_base(checker, work.info.defn, work.info.name)
    note_mixed_in(checker, work)
    check_inherited(checker, work)
    assigned.check(checker, work)
    fallback_checks.check(checker, work)
    state = state_at(checker, work, len(work.slots))
    assert state is not None
    found = work.rows()
    bases = [table_of(base) for base in work.info.mro[1:]]
    codecs = registered(checker, work, bases)
    inside = [table_of(flow.type) for row in found for flow in flows_of(row) if flow is not None]
    stops = class_may_stop(checker, work.info) or any(each is not None and each.may_stop for each in (*bases, *inside))
    watch = watch_of(checker, work.info)
    gated = is_gated(work.info, watch, inside)
    table = Table(work.input, found, codecs=codecs, may_stop=stops, watch=watch, gated=gated)
    check_members(checker, work)
    check_overrides(checker, work, table)
    paths: list[str] = []
    complete = collect_paths(table.rows, "", paths, (work.info,))
    paths = list(dict.fromkeys(paths))  # a nested flow may be one of several with steps of the same names
    info = work.info
    check_inherited_callbacks(checker, work, table, paths if complete else None)
    _note_circles(checker, work)
    encoded = encode(checker, table)
    if encoded == work.target:
        return True
    type_aliases.set_target(work.alias, encoded)
    work.target = encoded
    targets = {
        "Output": as_type(checker, stopped(table) if stops else state.result(type_ops.join)),
        "Event": _events(checker, work, paths, complete=complete),
    }
    if not work.input.open:
        alias = type_aliases.alias_of(info, "Input")
        if alias is not None and type_ops.is_any(alias.target):
            targets["Input"] = as_type(checker, work.input)
    for name, target in targets.items():
        alias = type_aliases.alias_of(info, name)
        if alias is not None:
            type_aliases.set_target(alias, target)
    _add_dependencies(checker, work)
    _tell(session, checker, info)
    return True


def _tell(session: Session, checker: TypeChecker, info: TypeInfo) -> None:
    """The flow's types are known: tell those that waited for them."""
    session.tables.generation += 1
    helper_types.fill(checker, session.tables, info)
    unpacking.fill(checker, info, helper_types.modules_that_ask(checker, info))
    info.metadata.pop("stepkit", None)
    deferral.recheck_above(checker, info)
    if info.fullname in session.works.early:
        session.works.early.discard(info.fullname)
        deferral.recheck_module(checker)


def flows_of(row: Row) -> Iterator[Instance | None]:
    """The flows that stand in a row or in a member of it."""
    for each in (row, *row.members):
        yield from each.flows


def _has_unseen_base(info: TypeInfo) -> bool:
    """Whether one of the class's own bases cannot be seen."""
    return info.fallback_to_any and not any(base.fallback_to_any for base in info.mro[1:])


def _events(checker: TypeChecker, work: Work, paths: list[str], *, complete: bool) -> Type:
    """A union tagged by ``step_name``. What an event's context holds is looked up when it is asked for."""
    owner = type_ops.this_instance(work.info)
    event = type_ops.named(checker, EVENT, [type_ops.named(checker, "builtins.str", []), type_ops.any_type(), owner])
    items: list[Type] = [
        event.copy_modified(args=[type_ops.literal(checker, path), event.args[1], owner]) for path in paths
    ]
    if not complete or not items:
        items.append(event)
    return items[0] if len(items) == 1 else UnionType(items)


def _note_circles(checker: TypeChecker, work: Work) -> None:
    """A flow that runs itself, or one that is not known before this one is: the context is open behind it."""
    for position, slot in enumerate(work.slots):
        before, after = state_at(checker, work, position), state_at(checker, work, position + 1)
        if before is None or after is None or before.context.open or not after.result(type_ops.join).open:
            continue
        for each in (slot, *slot.members):
            if each.row is None or each.declaration is None:
                continue
            node = flow_argument(each.declaration) or each.declaration.options.get("cases")
            for flow in each.row.flows:
                unknown = flow is not None and (table_of(flow.type) is None or runs(flow.type, work.info))
                if flow is not None and unknown and work.is_first_note(node or each.declaration.node, slot.attribute):
                    name = name_of(each.declaration)
                    if checker.modules[flow.type.module_name].is_stub:  # a silenced one, of no decorated method
                        notes.lost_inside(checker, node or each.declaration.node, f'nested flow "{name}"')
                    else:
                        notes.circle(checker, node or each.declaration.node, name, flow.type.name)


def _add_dependencies(checker: TypeChecker, work: Work) -> None:
    """Have the daemon look at this module again when a flow that stands in this one, or is its base, changes."""
    module = checker.tree.fullname
    for base in work.info.mro[1:]:
        if type_aliases.alias_of(base, TABLE) is not None:
            deferral.add_dependency(checker, f"{base.fullname}.{TABLE}", module)
    for slot in work.slots:
        if slot.row is not None and slot.declaration is None:
            deferral.add_dependency(checker, f"{slot.row.facts.definer}.{slot.row.facts.attribute}", module)
        for each in (slot, *slot.members):
            for flow in each.row.flows if each.row is not None else ():
                if flow is not None:
                    deferral.add_dependency(checker, f"{flow.type.fullname}.{TABLE}", module)
