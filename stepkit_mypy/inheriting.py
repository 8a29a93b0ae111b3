"""Inherited steps of a subclass are judged anew: what they read may have been changed by a step that was redefined."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from mypy.checker import TypeChecker
from mypy.nodes import Context as Node
from mypy.subtypes import is_subtype
from mypy.types import Type

from . import compat, messages
from .contexts import Context, Key
from .judging import is_told
from .rows import Row, Table, table_of
from .walk import advance, start
from .working import Work


def check_inherited(checker: TypeChecker, work: Work) -> None:
    inherited = [slot for slot in work.slots if slot.declaration is None and slot.row is not None and not slot.arms]
    if not inherited or len(inherited) == len(work.slots) and not work.body.removed:
        return
    known: set[tuple[str, str]] = set()
    for base in work.info.mro[1:]:
        table = table_of(base)
        if table is not None:
            known |= _mistakes_of(checker, table)
    own = list(_told_by_own(work))
    for position, slot in enumerate(work.slots):
        row, state = slot.row, work.state_at(position)
        if slot.declaration is not None or slot.arms or row is None or state is None:
            continue
        besides = {name for attribute, name in known if attribute == row.facts.attribute}
        besides |= {name for name, key in own if key is state.context.keys.get(name)}
        check_row(checker, work, work.info.defn, row, state.context, besides)


def check_row(
    checker: TypeChecker,
    work: Work,
    node: Node,
    row: Row,
    context: Context[Type],
    besides: Collection[str] = (),
) -> None:
    """Judge what a row reads from this context, all of it at one place. ``besides``: keys that were judged already."""
    wrong = set(row.facts.wrong)
    for name, key in _misfits(checker, row, context):
        if name in besides:
            continue
        if not is_told(checker, context, name, row.reads.get(name)):
            _report(checker, node, row, name, key, context)
        elif key is not None:
            continue
        wrong.add(name)
    if len(wrong) > len(row.facts.wrong):
        work.set_row(row.facts.attribute, row.with_wrong(wrong))


def _told_by_own(work: Work) -> Iterator[tuple[str, Key[Type] | None]]:
    """The keys that a step of the class itself is wrong about: it was judged before the inherited ones."""
    for position, slot in enumerate(work.slots):
        state = work.state_at(position)
        if slot.declaration is not None and slot.row is not None and state is not None:
            for name in slot.row.wrong:
                yield name, state.context.keys.get(name)


def _mistakes_of(checker: TypeChecker, table: Table) -> set[tuple[str, str]]:
    found: set[tuple[str, str]] = set()
    state = start(table)
    for row in table.rows:
        found |= {(row.facts.attribute, name) for name, _ in _misfits(checker, row, state.context)}
        state = advance(state, row)
    return found


def _misfits(checker: TypeChecker, row: Row, context: Context[Type]) -> list[tuple[str, Key[Type] | None]]:
    found: list[tuple[str, Key[Type] | None]] = []
    for parameter in row.facts.parameters:
        key = context.keys.get(parameter.name)
        if key is None:
            if parameter.required and not context.open:
                found.append((parameter.name, None))
        elif parameter.required and not key.certain:
            found.append((parameter.name, key))
        elif not is_subtype(key.type, row.reads.get(parameter.name, compat.any_type()), options=checker.options):
            found.append((parameter.name, key))
    return found


def _report(
    checker: TypeChecker, node: Node, row: Row, name: str, key: Key[Type] | None, context: Context[Type]
) -> None:
    step = row.facts.name
    if key is None:
        messages.missing_key(checker, node, step, name, context)
    elif not key.certain and any(each.name == name and each.required for each in row.facts.parameters):
        messages.maybe_missing(checker, node, step, name, key)
    else:
        messages.key_type(checker, node, step, name, row.reads[name], key)
