"""Inherited steps of a subclass are judged anew: what they read may have been changed by a step that was redefined."""

from __future__ import annotations

from collections.abc import Iterator

from mypy.types import Type

from .. import notes
from ..algebra.contexts import Context, Key
from ..algebra.encoding import table_of
from ..algebra.table import Row
from ..flow_class.work import Work
from ..mypy_api.checking import TypeChecker
from ..names import FLOW
from ..rows.progress import state_at
from .row_checks import Check, Mistake, check_row, mistakes_of


def check_inherited(checker: TypeChecker, work: Work) -> None:
    inherited = [slot for slot in work.slots if slot.declaration is None and slot.row is not None and not slot.arms]
    as_inherited = len(inherited) == len(work.slots) and len(work.info.bases) == 1 and not work.body.removed
    if not inherited or as_inherited and not work.has_other_fallbacks:
        return
    known: set[Mistake] = set()
    for base in work.info.mro[1:]:
        table = table_of(base)
        if table is not None:
            known |= mistakes_of(checker, table)
    own = list(_told_by_own(checker, work))
    for position, slot in enumerate(work.slots):
        row, state = slot.row, state_at(checker, work, position)
        if slot.declaration is not None or slot.arms or row is None or state is None:
            continue
        besides = {name for name, key in own if key is state.context.keys.get(name)}
        members = {each.attribute for each in slot.members if each.declaration is not None}
        judge_row(work, row, state.context, Check(checker, work.info.defn, besides, known, members))


def judge_row(work: Work, row: Row, context: Context[Type], check: Check) -> None:
    """Judge a row that is no declaration of the class, and note what it is wrong about."""
    found: set[Mistake] = set()
    judged = check_row(check, row, context, found)
    if judged.wrong.keys() != row.wrong.keys():
        for member in judged.members:
            if member.facts.attribute in work.slot_of:
                work.slot_of[member.facts.attribute].row = member
        work.set_row(row.facts.attribute, judged)


def note_mixed_in(checker: TypeChecker, work: Work) -> None:
    """Say which step of a class that is no flow opens the context, where that class is mixed in."""
    mixed_in = {base.fullname: base for base in work.info.mro[1:] if not base.has_base(FLOW)}
    for base in work.info.mro[1:]:
        if base.has_base(FLOW):  # what it mixes in was told of it
            mixed_in = {name: each for name, each in mixed_in.items() if each not in base.mro}
    for position, slot in enumerate(work.slots):
        row, state = slot.row, state_at(checker, work, position)
        if slot.declaration is not None or row is None or row.change.rest is None or state is None:
            continue
        definer = mixed_in.get(row.facts.definer)
        if definer is not None and not state.context.open and work.is_first_note(row.facts.attribute, slot.attribute):
            notes.open_mixin(checker, work.info.defn, row.facts.attribute, definer.name)


def _told_by_own(checker: TypeChecker, work: Work) -> Iterator[tuple[str, Key[Type] | None]]:
    """The keys that a step of the class itself is wrong about: it was judged before the inherited ones."""
    for position, slot in enumerate(work.slots):
        state = state_at(checker, work, position)
        if slot.declaration is not None and slot.row is not None and state is not None:
            for name in slot.row.wrong:
                yield name, state.context.keys.get(name)
