"""Inherited steps of a subclass are judged anew: what they read may have been changed by a step that was redefined."""

from __future__ import annotations

from mypy.checker import TypeChecker
from mypy.nodes import Context as Node
from mypy.subtypes import is_subtype
from mypy.types import Type

from . import compat, messages
from .contexts import Context, Key
from .rows import Row, Table, table_of
from .walk import advance, start
from .working import Work


def check_inherited(checker: TypeChecker, work: Work) -> None:
    inherited = [slot for slot in work.slots if slot.declaration is None and slot.row is not None]
    if not inherited or len(inherited) == len(work.slots) and not work.body.removed:
        return
    known: set[tuple[str, str]] = set()
    for base in work.info.mro[1:]:
        table = table_of(base)
        if table is not None:
            known |= _mistakes_of(checker, table)
    for position, slot in enumerate(work.slots):
        row, state = slot.row, work.state_at(position)
        if slot.declaration is not None or row is None or state is None:
            continue
        for name, key in _misfits(checker, row, state.context):
            if (row.facts.attribute, name) in known:
                continue
            _report(checker, work.info.defn, row, name, key, state.context)


def check_row(checker: TypeChecker, node: Node, row: Row, context: Context[Type]) -> None:
    """Judge what a row reads from this context, all of it at one place."""
    for name, key in _misfits(checker, row, context):
        _report(checker, node, row, name, key, context)


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
