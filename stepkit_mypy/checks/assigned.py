"""Steps that are no decorated methods: assigned functions, steps of other classes, and what may be a step."""

from __future__ import annotations

from mypy.types import Type

from .. import notes
from ..algebra.contexts import Context
from ..algebra.table import Row
from ..flow_class.work import Slot, Work
from ..mypy_api import nodes
from ..mypy_api.checking import TypeChecker
from ..rows.progress import state_at
from ..syntax.declarations import Declaration, name_of
from .inherited_rows import judge_row
from .row_checks import Check


def check(checker: TypeChecker, work: Work) -> None:
    """Called when all rows are known: judge what assigned steps read, and say where the context becomes open."""
    for position, slot in enumerate(work.slots):
        for each in slot.inside():
            state = state_at(checker, work, position)
            if state is not None and each.arms:
                _check_arms(checker, work, each, state.context)
            elif state is not None and each.declaration is not None and each.row is not None:
                made_here = each.declaration.made_of is not None or not each.declaration.understood
                if made_here or nodes.is_never_checked(each.declaration.node):
                    _check(checker, work, each.declaration, each.row, state.context)


def _check_arms(checker: TypeChecker, work: Work, slot: Slot, before: Context[Type]) -> None:
    """Say where the context becomes open because a nested flow, a branch or a group may be another one."""
    rows = [each.row for each in slot.arms if each.row is not None]
    if slot.row is None or slot.row.change.rest is None or any(row.change.rest is not None for row in rows):
        return
    node = next((each.declaration.node for each in slot.arms if each.declaration is not None), work.info.defn)
    if not before.open and work.is_first_note(node, slot.attribute):
        notes.unseen_declaration(checker, node, slot.attribute)


def _check(checker: TypeChecker, work: Work, declaration: Declaration, row: Row, before: Context[Type]) -> None:
    judge_row(work, row, before, Check(checker, declaration.made_of or declaration.node))
    if row.change.rest is None or before.open or not work.is_first_note(declaration.node, declaration.key):
        return
    if declaration.lost:
        notes.lost_in_stub(checker, declaration.node, work.info.name)
    elif declaration.understood:
        what = "something that cannot be seen, as its function has no return annotation"
        if nodes.is_never_checked(declaration.node):
            what = "something that cannot be seen, as it is marked with no_type_check"
        notes.open_context(checker, declaration.node, name_of(declaration), what)
    else:
        notes.unseen_declaration(checker, declaration.node, declaration.attribute)
